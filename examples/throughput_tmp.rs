//! tmp
use saltus::cpu::*;
use saltus::forcefield::*;
use saltus::integrator::*;
use saltus::state::State;
#[path = "../tests/common/mod.rs"]
mod common;
fn main() {
    for (name, file) in common::openmm_reference::ReferenceFile::all() {
        let n = file.positions_nm.len();
        if ![
            "alanine_dipeptide",
            "disulfide_ends",
            "chain_of_17",
            "capped_1",
            "zwitterions",
        ]
        .contains(&name.as_str())
        {
            continue;
        }
        let ff = ForceField::builtin("amber14").unwrap();
        let sys = ff
            .assign(
                &file.topology(),
                &SystemOptions {
                    solvent: Some(BornModel::Obc1),
                    ..Default::default()
                },
            )
            .unwrap();
        let mut e = engine(
            &sys,
            &CpuOptions {
                precision: Precision::Double,
                threads: 1,
                ..Default::default()
            },
        )
        .unwrap();
        let mut x = file.positions_nm.clone();
        let m = minimize(e.as_mut(), &mut x, &MinimizeSettings::default());
        for (r, layout, th) in [
            (64, LaneLayout::Replicas, 1),
            (64, LaneLayout::Replicas, 2),
            (1, LaneLayout::Atoms, 1),
        ] {
            let mut e = engine(
                &sys,
                &CpuOptions {
                    layout,
                    threads: th,
                    ..Default::default()
                },
            )
            .unwrap();
            let mut st = State::replicate(&x, r);
            e.draw_velocities(&mut st, &vec![310.0; r], 1, 0);
            let s = LangevinSettings {
                timestep_ps: 0.001,
                friction_per_ps: 1.0,
                temperatures_kelvin: vec![310.0; r],
                seed: 3,
            };
            e.langevin(&mut st, &s, 100).unwrap();
            let steps = (2_000_000 / (n * n * if r > 1 { 10 } else { 1 })).max(20) as u64;
            let mut best = f64::MAX;
            for _ in 0..5 {
                let t = std::time::Instant::now();
                e.langevin(&mut st, &s, steps).unwrap();
                best = best.min(t.elapsed().as_secs_f64() / steps as f64 / r as f64 * 1e6);
            }
            // energy only
            let mut en = vec![0.0; r];
            let mut be = f64::MAX;
            for _ in 0..5 {
                let t = std::time::Instant::now();
                for _ in 0..10 {
                    e.energies(&st.positions, &mut en);
                }
                be = be.min(t.elapsed().as_secs_f64() / 10.0 / r as f64 * 1e6);
            }
            println!(
                "{name} {n} atoms min {:?} r={r} th={th}: {best:.3} us/replica-step  energy {be:.3} us",
                m.iterations
            );
        }
    }
}
