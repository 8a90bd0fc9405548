//! Harmonic improper torsions written as a `CustomTorsionForce`, recognised by the values of its expression.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::openmm_system::attributes::{
    Scope, atoms, entries, expression, not_periodic, parameters, refused_at,
};
use crate::forcefield::openmm_system::expression::Expression;
use crate::forcefield::openmm_system::reading::Reading;
use crate::forcefield::openmm_system::torsion::FOUR;
use crate::forcefield::system::HarmonicTorsion;
use crate::forcefield::xml::element::Element;

/// Torsions at which an expression is compared with k/2 d².
const N_SAMPLES: u32 = 25;
/// Largest deviation per k: expressions in use have pi to six decimals.
const TOLERANCE: f64 = 5e-6;

/// Adds the torsions of a `CustomTorsionForce`, k (theta - theta0)² with or without a half.
///
/// # Errors
/// An expression that is not harmonic in theta.
pub(in crate::forcefield::openmm_system) fn read(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    let scope = Scope::of(force, "PerTorsionParameters")?;
    let text = force.required("energy")?;
    let mut variables = vec!["theta".to_owned()];
    variables.extend(scope.parameters.iter().cloned());
    let energy = expression(force, text, scope.names(&variables))?;
    for entry in entries(force, "Torsions", "Torsion") {
        let atoms = atoms(entry, FOUR, reading.n_atoms)?;
        let values = parameters(entry, scope.parameters.len())?;
        let global = scope.constants.iter().map(|&(_, value)| value);
        let candidates = values.iter().copied().chain(global).chain([0.0, PI]);
        let found = candidates.filter_map(|angle_rad| harmonic(&energy, &values, angle_rad));
        let Some([angle_rad, k]) = { found }.next() else {
            let content = format!(
                "`{text}` is not k (theta - theta0)² with the difference brought into half a turn"
            );
            let remedy = "write it as `0.5*k*min(d, 2*pi-d)^2; d=abs(theta-theta0); pi=3.141592653589793`, or its cosine series as a PeriodicTorsionForce";
            return Err(refused_at(force, entry, content, remedy));
        };
        if k != 0.0 {
            reading.system.harmonic_torsions.push(HarmonicTorsion {
                atoms,
                angle_rad,
                k_kj_per_mol_rad2: k,
            });
        }
    }
    Ok(())
}

/// theta0 and k, if the energy of these parameters is k/2 d² about that angle.
///
/// A difference that is not brought into half a turn is the same there; with theta0 within a quarter turn of 0 the rest is
/// out of reach of any harmonic improper.
fn harmonic(energy: &Expression, parameters: &[f64], angle_rad: f64) -> Option<[f64; 2]> {
    if angle_rad.abs() > TAU {
        return None;
    }
    let value = |theta: f64| {
        let mut variables = vec![theta];
        variables.extend_from_slice(parameters);
        energy.value(&variables)
    };
    let wrapped = |theta: f64| theta - TAU * (theta / TAU).round();
    let step = 0.25;
    let k = 2.0 * value(wrapped(angle_rad + step)) / (step * step);
    let limits = Limits::ANGLE_K;
    if !(limits.least..=limits.most).contains(&k) {
        return None;
    }
    let differs = |index: u32| {
        let theta = -PI + TAU * (f64::from(index) + 0.5) / f64::from(N_SAMPLES);
        let plain = theta - angle_rad;
        let difference = wrapped(plain);
        let out_of_reach = plain.abs() > PI && angle_rad.abs() < FRAC_PI_2;
        let expected = 0.5 * k * difference * difference;
        let found = value(theta);
        let unwrapped = 0.5 * k * plain * plain;
        let near = |x: f64| (found - x).abs() <= TOLERANCE * k * (1.0 + x.abs() / k.max(1e-30));
        !(near(expected) || (out_of_reach && near(unwrapped)))
    };
    (!(0..N_SAMPLES).any(differs)).then_some([angle_rad, k])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::forcefield::openmm_system::expression::Names;

    fn fit(text: &str, angle_rad: f64) -> Option<[f64; 2]> {
        let variables = ["theta", "k", "theta0"].map(str::to_owned);
        let names = Names {
            variables: &variables,
            ..Names::default()
        };
        let energy = Expression::parse(text, names).unwrap();
        harmonic(&energy, &[10.0, angle_rad], angle_rad)
    }

    #[test]
    fn the_forms_in_use_are_known_and_others_are_not() {
        let wrapped = "min(dtheta, 2*pi-dtheta)^2; dtheta=abs(theta-theta0); pi=3.141593";
        let gromacs = "0.5*k*(thetap-theta0)^2; thetap = step(-(theta-theta0+pi))*2*pi+theta+step(theta-theta0-pi)*(-2*pi); pi = 3.14159265358979";
        for angle_rad in [0.0, 0.6, -2.0, PI] {
            let [_, k] = fit(&format!("k*{wrapped}"), angle_rad).unwrap();
            assert!((k - 20.0).abs() < 1e-3, "{k}");
            let [_, k] = fit(&format!("0.5*k*{wrapped}"), angle_rad).unwrap();
            assert!((k - 10.0).abs() < 1e-3, "{k}");
            assert!(fit(gromacs, angle_rad).is_some(), "{angle_rad}");
        }
        assert!(fit("k*(theta-theta0)^2", 0.0).is_some());
        assert!(fit("k*(theta-theta0)^2", 0.6).is_some());
        // At pi the energy would jump at its minimum.
        assert!(fit("k*(theta-theta0)^2", PI).is_none());
        for other in [
            "k*(1+cos(theta-theta0))",
            "k*(theta-theta0)^4",
            "k*abs(theta-theta0)",
            "k*(theta-theta0)^2+1",
            "k*max(0,abs(theta-theta0)-0.1)^2",
        ] {
            assert!(fit(other, 0.0).is_none(), "{other}");
        }
    }
}
