//! Every row of the table against every check of exactness.

use crate::checks;
use crate::table::{Row, rows};
use saltus::mcmc::kernel_names;

/// Kernels without a row, and why.
const ELSEWHERE: [(&str, &str); 3] = [
    ("velocity_verlet", "samples no temperature"),
    ("pucker", "needs a ring: tests/moves/pucker.rs"),
    (
        "adaptive_pucker",
        "needs a ring: tests/moves/adaptive_pucker.rs",
    ),
];

fn all(check: impl Fn(&Row) -> Result<(), String>) {
    let faults: Vec<String> = rows().iter().filter_map(|row| check(row).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn exact_draws_stay_exact() {
    all(|row| {
        let mut toy = row.toy();
        let mut sampler = row.sampler(&mut toy, 3000, 21);
        checks::invariance(row, sampler.as_mut(), 20, 3000)
    });
}

#[test]
fn long_chains_have_the_exact_moments() {
    all(|row| {
        if !row.ergodic {
            return Ok(());
        }
        let mut toy = row.toy();
        let mut sampler = row.sampler(&mut toy, 6, 22);
        checks::moments(row, sampler.as_mut(), 6, [300, 4000])
    });
}

#[test]
fn fluxes_are_symmetric() {
    all(|row| {
        if !row.reversible {
            return Ok(());
        }
        let mut toy = row.toy();
        let mut sampler = row.sampler(&mut toy, 20_000, 23);
        checks::symmetric_flux(row, sampler.as_mut(), 20_000)
    });
}

#[test]
fn ranks_of_an_exact_start_are_uniform() {
    all(|row| {
        if !row.reversible {
            return Ok(());
        }
        let mut toy = row.toy();
        let mut sampler = row.sampler(&mut toy, 3000, 24);
        checks::uniform_ranks(row, sampler.as_mut(), 3000)
    });
}

#[test]
fn every_kernel_has_a_row() {
    for name in kernel_names() {
        let spelled = name.replace('_', " ");
        let has_row = rows().iter().any(|row| {
            let rest = row.name.strip_prefix(&spelled);
            rest.is_some_and(|rest| rest.starts_with([' ', ',']))
        });
        let is_elsewhere = ELSEWHERE.iter().any(|(own, _)| own == name);
        assert!(
            has_row != is_elsewhere,
            "`{name}`: a row in table.rs, or a line in ELSEWHERE that says where it is tested"
        );
    }
}

/// Else a sampler of it alone would be warned of.
#[test]
fn what_reaches_everything_says_so() {
    for row in rows().iter().filter(|row| row.ergodic) {
        assert!(row.kernel(3, 27).is_ergodic(), "{}", row.name);
    }
}

#[test]
fn the_table_is_not_trivial() {
    for row in rows() {
        let mut kernel = row.kernel(300, 25);
        let mut engine = row.toy();
        let mut chain = checks::exact_chain(&row, 300, 26);
        for phase in [100, 20] {
            for _ in 0..phase {
                kernel.step(&mut chain, &mut engine).unwrap();
            }
            if phase == 100 {
                kernel.freeze();
            }
        }
        let statistics = kernel.statistics();
        if statistics.proposed > 0 {
            let share = statistics.accepted as f64 / statistics.proposed as f64;
            assert!(
                (0.1..0.995).contains(&share),
                "{}: {share:.3} accepted, so the test of the ratio means little",
                row.name
            );
        }
    }
}
