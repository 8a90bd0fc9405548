//! Flows in internal coordinates: exact densities of positions, blind to how a molecule lies, for one molecule alone.

use crate::support::{small_config, stream, worst};
use nalgebra::{DMatrix, Rotation3, Vector3};
use rand::RngExt;
use rand_distr::StandardNormal;
use saltus::flow::timewarp::{
    CONFIG_REMARK, Conformation, Drawn, Frames, InternalCoordinates, InternalFlow, Pair, Shaking,
    Timewarp, TimewarpConfig, TimewarpFlow, initial_parameters, load_model,
};
use saltus::proposal::{TimewarpProposal, placement_tree};
use saltus::topology::{Molecule, Sequence, build, rotatable_bonds};
use std::sync::Arc;

const SHAKING: Shaking = Shaking {
    rotation_rad: 0.02,
    translation_nm: 0.005,
};

fn molecule() -> Molecule {
    build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap()
}

/// The built molecule, phi turned anyhow, every atom moved a little and the whole turned at random, frame after frame.
fn frames() -> Frames {
    let molecule = molecule();
    let mut stream = stream(71);
    let mut normal = || stream.sample::<f64, _>(StandardNormal);
    let mut positions = Vec::new();
    let phi = &rotatable_bonds(&molecule.topology)
        .into_iter()
        .find(|bond| bond.name.starts_with("phi"))
        .unwrap();
    for _ in 0..60 {
        let [_, from, to, _] = phi
            .atoms
            .map(|atom| Vector3::from(molecule.positions[atom]));
        let about = Rotation3::new((to - from).normalize() * normal());
        let turn = Rotation3::new(Vector3::from_fn(|_, _| normal()));
        for (index, atom) in molecule.positions.iter().enumerate() {
            let mut place = Vector3::from(*atom);
            if phi.moving.contains(&index) {
                place = from + about * (place - from);
            }
            let moved = place + 0.004 * Vector3::from_fn(|_, _| normal());
            positions.extend((turn * moved).iter().map(|x| *x as f32));
        }
    }
    let of_vocabulary = |atom: &saltus::topology::Atom| match atom.element.symbol() {
        "C" => 0,
        "H" => 1,
        "N" => 2,
        _ => 3,
    };
    Frames {
        molecule: 0,
        elements: molecule.topology.atoms.iter().map(of_vocabulary).collect(),
        positions,
        lag_frames: 1,
    }
}

fn frame(frames: &Frames, index: usize) -> Vec<f64> {
    let size = 3 * frames.elements.len();
    let own = &frames.positions[index * size..(index + 1) * size];
    own.iter().map(|x| f64::from(*x)).collect()
}

fn config(frames: &Frames) -> TimewarpConfig {
    let internal = coordinates(frames);
    assert_eq!(internal.torsions.len(), 4, "phi and three methyls");
    TimewarpConfig {
        ignore_conditional_velocity: false,
        internal: Some(internal),
        ..small_config()
    }
}

fn coordinates(frames: &Frames) -> InternalCoordinates {
    let tree = placement_tree(&molecule().topology).unwrap();
    InternalCoordinates::fit(tree, std::slice::from_ref(frames), SHAKING, 5)
}

/// A flow far from the identity, in f64.
fn inner(frames: &Frames) -> Timewarp<f64> {
    let config = config(frames);
    let parameters = initial_parameters(&config, 0.3, 9);
    Timewarp::from_parameters(config, parameters).unwrap()
}

fn conformation<'a>(frames: &'a Frames, positions: &'a [f64]) -> Conformation<'a> {
    Conformation {
        elements: &frames.elements,
        positions,
        auxiliaries: None,
    }
}

fn pair<'a>(positions: &'a [f64], auxiliaries: &'a [f64]) -> Pair<'a> {
    Pair {
        state: 0,
        positions,
        auxiliaries,
    }
}

fn draw(flow: &dyn TimewarpFlow, frames: &Frames, x: &[f64], latents: &[f64]) -> Drawn {
    let (positions, auxiliaries) = latents.split_at(x.len());
    let drawn = flow.draws_given(&[conformation(frames, x)], &[pair(positions, auxiliaries)]);
    drawn.unwrap().remove(0)
}

fn latents(size: usize, seed: u64) -> Vec<f64> {
    let mut stream = stream(seed);
    (0..2 * size)
        .map(|_| stream.sample(StandardNormal))
        .collect()
}

/// ln p(y, v | x) = ln N(z) - ln |d(y, v)/dz|, y in positions; and the way back ends where it began.
#[test]
fn densities_are_those_of_positions() {
    let frames = frames();
    let flow = InternalFlow::wrap(Arc::new(inner(&frames)));
    let x = frame(&frames, 3);
    let size = x.len();
    let z = latents(size, 4);
    let drawn = draw(flow.as_ref(), &frames, &x, &z);
    let places = |z: &[f64]| {
        let drawn = draw(flow.as_ref(), &frames, &x, z);
        assert!(drawn.log_density.is_finite());
        [drawn.positions, drawn.auxiliaries].concat()
    };
    let step = 1e-6;
    let mut jacobian = DMatrix::zeros(2 * size, 2 * size);
    for column in 0..2 * size {
        let at = |shift: f64| {
            let mut shifted = z.clone();
            shifted[column] += shift;
            places(&shifted)
        };
        let (up, down) = (at(step), at(-step));
        for row in 0..2 * size {
            jacobian[(row, column)] = (up[row] - down[row]) / (2.0 * step);
        }
    }
    let log_det: f64 = jacobian
        .lu()
        .u()
        .diagonal()
        .iter()
        .map(|d| d.abs().ln())
        .sum();
    let log_base: f64 = z
        .iter()
        .map(|z| -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln())
        .sum();
    let error = drawn.log_density - (log_base - log_det);
    assert!(error.abs() < 1e-4, "{error:.2e}");
    assert!(log_det.abs() > 10.0, "the volume hardly changes");

    let target = pair(&drawn.positions, &drawn.auxiliaries);
    let back = flow.latents_given(&[conformation(&frames, &x)], &[target]);
    let back = back.unwrap().remove(0);
    assert!(worst(&back.auxiliaries, &z[size..]) < 1e-8);
    assert!((back.log_density - drawn.log_density).abs() < 1e-7);
}

/// Turned and moved, a molecule gets the same draws, turned and moved, with the same densities.
#[test]
fn how_a_molecule_lies_does_not_matter() {
    let frames = frames();
    let flow = InternalFlow::wrap(Arc::new(inner(&frames)));
    let x = frame(&frames, 0);
    let turn = Rotation3::new(Vector3::new(0.4, -1.9, 1.0));
    let lie = |positions: &[f64]| -> Vec<f64> {
        let atoms = positions.as_chunks::<3>().0.iter();
        let places = atoms.map(|a| turn * Vector3::from(*a) + Vector3::new(3.0, -1.0, 7.0));
        places.flat_map(<[f64; 3]>::from).collect()
    };
    for seed in 20..24 {
        let z = latents(x.len(), seed);
        let here = draw(flow.as_ref(), &frames, &x, &z);
        let there = draw(flow.as_ref(), &frames, &lie(&x), &z);
        assert!(worst(&lie(&here.positions), &there.positions) < 1e-9);
        assert!(worst(&here.auxiliaries, &there.auxiliaries) < 1e-9);
        assert!((here.log_density - there.log_density).abs() < 1e-8);
        // Only together: the target alone may not move.
        let target = pair(&here.positions, &here.auxiliaries);
        let apart = flow.log_densities_given(&[conformation(&frames, &lie(&x))], &[target]);
        assert!((apart.unwrap()[0] - here.log_density).abs() > 1.0);
    }
}

/// A torsion beyond its turn has no y: the draw is x, of infinite density, which no test accepts.
#[test]
fn draws_beyond_the_range_are_marked() {
    let frames = frames();
    let flow = InternalFlow::wrap(Arc::new(inner(&frames)));
    let x = frame(&frames, 1);
    let mut z = latents(x.len(), 6);
    z[..x.len()].fill(200.0);
    let drawn = draw(flow.as_ref(), &frames, &x, &z);
    assert_eq!(drawn.log_density, f64::INFINITY);
    assert_eq!(drawn.positions, x);
}

#[test]
fn another_molecule_and_a_broken_tree_are_refused() {
    let frames = frames();
    let config = config(&frames);
    let n_parameters = inner(&frames).parameters().len();
    let model = |config: TimewarpConfig| Timewarp::from_parameters(config, vec![0.1; n_parameters]);
    let flow: Arc<dyn TimewarpFlow> = Arc::new(model(config.clone()).unwrap());
    let other = build(&Sequence::parse("ACE-GLY-NME").unwrap(), &[]).unwrap();
    let error = TimewarpProposal::new(flow.clone(), &other.topology).unwrap_err();
    assert!(error.to_string().contains("another molecule (19 atoms"));
    assert!(TimewarpProposal::new(flow.clone(), &molecule().topology).is_ok());
    let wrapped = InternalFlow::wrap(flow);
    let short = [Conformation {
        elements: &frames.elements[..2],
        positions: &[0.0; 6],
        auxiliaries: None,
    }];
    let error = wrapped.draws_given(&short, &[]).unwrap_err();
    assert!(error.to_string().contains("expected 66"), "{error}");

    let change = |edit: fn(&mut TimewarpConfig, &mut InternalCoordinates)| {
        let mut changed = config.clone();
        let mut internal = changed.internal.take().unwrap();
        edit(&mut changed, &mut internal);
        changed.internal = Some(internal);
        model(changed).unwrap_err().to_string()
    };
    let error = change(|config, _| config.ignore_conditional_velocity = true);
    assert!(error.contains("the coordinates of x take that place"));
    let error = change(|_, internal| internal.tree.placements.swap(0, 18));
    assert!(error.contains("has no place"), "{error}");
    let error = change(|_, internal| internal.widths[4] = 0.0);
    assert!(error.contains("widths over 0"), "{error}");
    let error = change(|_, internal| internal.torsions[0].given = Some(internal.torsions[0].atom));
    assert!(error.contains("numbers that do not fit"), "{error}");
    let error = change(|_, internal| internal.local.factor[3].push(1.0));
    assert!(error.contains("numbers that do not fit"), "{error}");
}

/// Files from before torsions had densities given each other are refused in words.
#[test]
fn a_file_of_an_earlier_version_is_refused() {
    let model = inner(&frames());
    let folder = std::env::temp_dir().join(format!("saltus-internal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.safetensors");
    let mut config = serde_json::to_value(model.config()).unwrap();
    let write = |config: &serde_json::Value| {
        let remarks = [(CONFIG_REMARK, config.to_string())];
        model.save(&path, &remarks).unwrap();
        load_model::<f32>(&path, None)
    };
    assert!(write(&config).is_ok());
    let internal = config["internal"].as_object_mut().unwrap();
    internal.remove("local").unwrap();
    let error = write(&config).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(error.contains("missing field `local`"), "{error}");
    assert!(error.contains("train the model again"), "{error}");
}
