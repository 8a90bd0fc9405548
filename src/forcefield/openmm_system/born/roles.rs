//! Which parameter of a `CustomGBForce` is the charge, the radius, the screening factor: by its name.

use crate::forcefield::system::BornModel;

/// Places of the parameters of a particle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roles {
    charge: usize,
    radius: Radius,
    screening: Screening,
    tanh: Option<[usize; 3]>,
}

#[derive(Debug, Clone, Copy)]
enum Radius {
    Whole(usize),
    LessOffset(usize),
}

#[derive(Debug, Clone, Copy)]
enum Screening {
    Factor(usize),
    TimesOffsetRadius(usize),
}

impl Roles {
    /// Of a force with parameters of these names; `None` where one that is needed has no known name.
    ///
    /// OpenMM's own classes call them `charge`, `or` (radius less offset), `sr` (that times the factor); its user guide `q`, `radius`,
    /// `scale`.
    pub(super) fn of(names: &[String]) -> Option<Self> {
        let place = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let whole = place(&["radius", "r"]).map(Radius::Whole);
        let factor = place(&["scale", "screen", "S"]).map(Screening::Factor);
        let tanh = ["alpha", "beta", "gamma"].map(|name| place(&[name]));
        Some(Self {
            charge: place(&["charge", "q"])?,
            radius: place(&["or"]).map(Radius::LessOffset).or(whole)?,
            screening: place(&["sr"])
                .map(Screening::TimesOffsetRadius)
                .or(factor)?,
            tanh: match tanh {
                [Some(alpha), Some(beta), Some(gamma)] => Some([alpha, beta, gamma]),
                _ => None,
            },
        })
    }

    pub(super) fn charge(&self, values: &[f64]) -> f64 {
        values[self.charge]
    }

    /// Place of the charge.
    pub(super) fn charge_place(&self) -> usize {
        self.charge
    }

    /// Intrinsic radius in nm.
    pub(super) fn radius_nm(&self, values: &[f64], offset_nm: f64) -> f64 {
        match self.radius {
            Radius::Whole(place) => values[place],
            Radius::LessOffset(place) => rounded(values[place] + offset_nm),
        }
    }

    /// Screening factor.
    pub(super) fn screening(&self, values: &[f64], offset_nm: f64) -> f64 {
        match self.screening {
            Screening::Factor(place) => values[place],
            Screening::TimesOffsetRadius(place) => {
                values[place] / (self.radius_nm(values, offset_nm) - offset_nm)
            }
        }
    }

    /// Alpha, beta, gamma of the model, those of the particle where it has its own.
    pub(super) fn tanh_coefficients(&self, model: BornModel, values: &[f64]) -> Option<[f64; 3]> {
        match model {
            BornModel::Hct => Some([0.0; 3]),
            BornModel::Obc1 => Some([0.8, 0.0, 2.909_125]),
            BornModel::Obc2 => Some([1.0, 0.8, 4.85]),
            BornModel::Gbn => Some([1.095_112_84, 1.907_992_938, 2.507_982_45]),
            BornModel::Gbn2 => self.tanh.map(|places| places.map(|place| values[place])),
        }
    }
}

/// Numbers as they were before an offset was taken off and put on again.
fn rounded(value: f64) -> f64 {
    (value * 1e12).round() / 1e12
}
