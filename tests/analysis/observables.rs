//! The list of observables, its recorder, basins and the JSON of the summary.

use saltus::analysis::{
    Basin, ObservableError, ObservableRecorder, ObservableSet, Torsion, TorsionSide,
    basin_indicator, diagnose, dihedral_rad, ess_bulk, r_hat,
};

fn torsion(name: &str, atoms: [usize; 4]) -> Torsion {
    Torsion {
        name: name.to_owned(),
        atoms,
    }
}

fn set() -> ObservableSet {
    let torsions = vec![
        torsion("phi_2", [0, 1, 2, 3]),
        torsion("psi_2", [1, 2, 3, 4]),
    ];
    let sides = vec![
        (torsions[0].clone(), TorsionSide::Positive),
        (torsion("omega_2", [0, 1, 2, 3]), TorsionSide::Cis),
    ];
    ObservableSet::new(torsions, Some([0, 4]), vec![12.0; 5])
        .and_then(|set| set.with_sides(sides))
        .expect("atoms exist")
}

/// Five atoms whose fourth wanders, so that both torsions change from frame to frame.
fn frame(step: u16) -> Vec<f32> {
    let angle = f32::from(step) * 0.7;
    vec![
        1.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        1.0,
        angle.cos(),
        angle.sin(),
        1.2,
        0.5,
        -1.0,
        2.0,
    ]
}

#[test]
fn recorder_keeps_named_series_in_order() {
    let mut recorder = ObservableRecorder::new(set(), 2);
    for step in 0..40 {
        for chain_index in 0..2u16 {
            let energy = f64::from(step % 7) - 10.0 * f64::from(chain_index);
            recorder
                .push(chain_index.into(), &frame(step + 3 * chain_index), energy)
                .expect("five atoms");
        }
    }
    let observables = recorder.finish();
    let names: Vec<&str> = observables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "sin_phi_2",
            "cos_phi_2",
            "sin_psi_2",
            "cos_psi_2",
            "phi_2_positive",
            "omega_2_cis",
            "end_to_end_distance",
            "radius_of_gyration",
            "potential_energy"
        ]
    );
    let phi = dihedral_rad(&frame(8), [0, 1, 2, 3]);
    assert!((observables[0].1[1][5] - phi.sin()).abs() < 1e-15);
    assert!((observables[1].1[1][5] - phi.cos()).abs() < 1e-15);
    assert_eq!(observables[4].1[1][5], f64::from(u8::from(phi > 0.0)));
    let omega = dihedral_rad(&frame(8), [0, 1, 2, 3]);
    assert_eq!(
        observables[5].1[1][5],
        f64::from(u8::from(omega.cos() > 0.0))
    );
    assert!(observables[5].1[1].contains(&0.0) && observables[5].1[1].contains(&1.0));
    assert!((observables[6].1[0][0] - 5.25f64.sqrt()).abs() < 1e-7);
    assert_eq!(observables[8].1[1][5], -5.0);

    let report = diagnose(&observables).expect("valid chains");
    let json = serde_json::to_value(&report).expect("serialisable");
    let row = &json["observables"][0];
    assert_eq!(row["name"], "sin_phi_2");
    let bulk = ess_bulk(&observables[0].1).expect("valid chains");
    assert_eq!(row["ess_bulk"].as_f64(), Some(bulk));
    let expected = r_hat(&observables[0].1).expect("valid chains");
    assert_eq!(row["r_hat"].as_f64(), Some(expected));
    // The order of the keys is part of the promise to readers of the table, their presence to readers of the JSON.
    assert_eq!(row.as_object().map(serde_json::Map::len), Some(6));
    // The chains' energies differ by 10 kJ/mol: only a diagnosis that compares chains notices.
    assert!(report.observables[8].r_hat > Some(1.5));
}

#[test]
fn constant_observable_has_a_mean_and_nothing_else() {
    let chains = vec![vec![0.0; 20]; 4];
    let report = diagnose(&[("phi_2_positive".to_owned(), chains)]).expect("no error");
    let json = serde_json::to_value(&report).expect("serialisable");
    assert_eq!(json["observables"][0]["mean"], 0.0);
    for key in ["mcse", "ess_bulk", "ess_tail", "r_hat"] {
        assert!(json["observables"][0][key].is_null(), "{key}");
    }
}

#[test]
fn recorder_refuses_another_molecule() {
    let mut recorder = ObservableRecorder::new(set(), 1);
    let error = recorder.push(0, &[0.0; 18], 0.0).expect_err("six atoms");
    assert!(
        error.to_string().contains("18 coordinates, expected 15"),
        "{error}"
    );
    let far = vec![torsion("psi_9", [0, 1, 2, 7])];
    let error = ObservableSet::new(far, None, vec![1.0; 5]).expect_err("no atom 7");
    let sides = vec![(torsion("omega_9", [0, 1, 2, 7]), TorsionSide::Cis)];
    let of_side = set().with_sides(sides).expect_err("no atom 7");
    for error in [error, of_side] {
        assert!(matches!(
            error,
            ObservableError::AtomOutOfRange { atom_index: 7, .. }
        ));
    }
}

#[test]
fn basins_cover_the_plane_once() {
    for phi_index in -18..=18 {
        for psi_index in -18..=18 {
            let [phi, psi] = [phi_index, psi_index].map(|i| f64::from(i).to_radians() * 10.0);
            let inside: f64 = Basin::ALL[1..]
                .iter()
                .map(|&basin| basin_indicator(basin, phi, psi))
                .sum();
            assert_eq!(inside, 1.0, "{phi} {psi}");
        }
    }
}
