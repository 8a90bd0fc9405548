//! Shaders against the Rust side, by naga's reflection: needs no adapter. Offsets and sizes of shared structs, bindings,
//! workgroup sizes and memory; every kernel is valid in every variant.

use crate::openmm_reference::ReferenceFile;
use crate::support::system;
use crate::wgsl::{check_struct, parse, parse_quietly};
use saltus::forcefield::{
    BornModel, CorrectionMap, HarmonicTorsion as HarmonicTorsionTerm,
    MappedTorsions as MappedTorsionsTerm, System,
};
use saltus::gpu::layout::{
    Angle, Atom, Bond, Cluster, Failure, HarmonicTorsion, MappedTorsions, RigidBond, Settings,
    Torsion,
};
use saltus::gpu::{KernelKind, NetworkRoom, Placement, Recipe, ShaderSources, Shape, ShapeLimits};
use wgpu::naga;

const LIMITS: ShapeLimits = ShapeLimits {
    workgroup_bytes: 32 << 10,
    workgroup_threads: 1024,
    software: false,
};

fn alanine_dipeptide(solvent: Option<BornModel>, rigid: bool) -> System {
    let (_, file) = ReferenceFile::all().swap_remove(0);
    system(&file, solvent, rigid)
}

/// The system with an energy map and a harmonic torsion, of which only the shaders count.
fn with_rare_torsions(system: System) -> System {
    let atoms = [[0, 1, 2, 3], [1, 2, 3, 4]];
    System {
        correction_maps: vec![CorrectionMap {
            size: 24,
            energies_kj_per_mol: vec![0.0; 24 * 24],
        }],
        mapped_torsions: vec![MappedTorsionsTerm { map: 0, atoms }],
        harmonic_torsions: vec![HarmonicTorsionTerm {
            atoms: atoms[0],
            angle_rad: 1.0,
            k_kj_per_mol_rad2: 2.0,
        }],
        ..system
    }
}

fn recipe(system: &System, shape: &Shape, f64_sums: bool) -> Recipe {
    Recipe::new(system, shape, ShaderSources::default(), f64_sums).unwrap()
}

fn check_structs(module: &naga::Module) {
    check_struct!(
        module,
        Settings {
            n_steps,
            first_replica,
            zero,
            n_moves,
            step_low,
            step_high,
            key_low,
            key_high,
            timestep_ps,
            inverse_timestep_per_ps,
            damping,
            noise,
            outcome_start,
            leap_start,
            n_replicas,
            n_stages,
        }
    );
    check_struct!(
        module,
        Atom {
            charge,
            radius,
            rho,
            screened,
            alpha,
            beta,
            gamma,
            inverse_mass,
            inverse_root_mass,
            mass,
            padding_0,
            padding_1,
        }
    );
    check_struct!(
        module,
        Bond {
            atom_0,
            atom_1,
            length,
            k
        }
    );
    check_struct!(
        module,
        Angle {
            atom_0,
            atom_1,
            atom_2,
            padding_0,
            angle,
            k,
            padding_1,
            padding_2,
        }
    );
    check_struct!(
        module,
        Torsion {
            atom_0,
            atom_1,
            atom_2,
            atom_3,
            constant,
            n_orders,
            padding_0,
            padding_1,
            coefficients,
        }
    );
    check_struct!(
        module,
        HarmonicTorsion {
            atom_0,
            atom_1,
            atom_2,
            atom_3,
            angle,
            k,
            padding_0,
            padding_1,
        }
    );
    check_struct!(
        module,
        MappedTorsions {
            first,
            second,
            patch_start,
            size,
            padding_0,
            padding_1,
        }
    );
    check_struct!(
        module,
        RigidBond {
            local_0,
            local_1,
            distance,
            reduced_mass
        }
    );
    check_struct!(
        module,
        Cluster {
            first_bond,
            n_bonds,
            first_atom,
            n_atoms
        }
    );
    check_struct!(
        module,
        Failure {
            force_step,
            atom_index,
            worst_force,
            constraint_step
        }
    );
}

#[test]
fn shared_structs_have_the_same_layout_on_both_sides() {
    let system = alanine_dipeptide(Some(BornModel::Obc1), true);
    let shape = Shape::choose(system.n_atoms(), &LIMITS, None, None);
    let source = recipe(&system, &shape, false).source(KernelKind::Langevin);
    check_structs(&parse(&source));
    // A field that moved on one side only is found.
    for (from, to) in [
        (
            "    damping: f32,\n    noise: f32,\n",
            "    noise: f32,\n    damping: f32,\n",
        ),
        ("    k: f32,\n}", "    k: f32,\n    more: f32,\n}"),
    ] {
        assert!(source.contains(from));
        let changed = parse_quietly(&source.replacen(from, to, 1));
        let caught = std::panic::catch_unwind(|| check_structs(&changed));
        assert!(caught.is_err(), "unnoticed: {to}");
    }
}

#[test]
fn every_kernel_is_valid_in_every_variant() {
    let solvents = [
        None,
        Some(BornModel::Hct),
        Some(BornModel::Obc2),
        Some(BornModel::Gbn2),
    ];
    for (index, solvent) in solvents.into_iter().enumerate() {
        let mut system = alanine_dipeptide(solvent, index % 2 == 1);
        if index >= 2 {
            system = with_rare_torsions(system);
        }
        for placement in [Placement::Resident, Placement::Tiled] {
            for n_sharing in [1, 3] {
                let (placement, n_sharing) = (Some(placement), Some(n_sharing));
                let room = NetworkRoom {
                    width: 192,
                    n_layers: 4,
                };
                let n_atoms = system.n_atoms();
                let shape = Shape::with_network(n_atoms, &LIMITS, placement, n_sharing, room);
                for kind in KernelKind::ALL {
                    let f64_sums = index >= 2;
                    let module = parse(&recipe(&system, &shape, f64_sums).source(kind));
                    check_entry_point(&module, kind, &shape);
                    check_bindings(&module);
                }
            }
        }
    }
}

fn check_entry_point(module: &naga::Module, kind: KernelKind, shape: &Shape) {
    assert_eq!(module.entry_points.len(), 1, "{kind:?}");
    let entry = &module.entry_points[0];
    assert_eq!(entry.name, kind.entry_point());
    assert_eq!(
        entry.workgroup_size,
        [shape.workgroup_size as u32, 1, 1],
        "{kind:?}"
    );
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).unwrap();
    let bytes: u64 = module
        .global_variables
        .iter()
        .filter(|(_, variable)| variable.space == naga::AddressSpace::WorkGroup)
        .map(|(_, variable)| u64::from(layouter[variable.ty].size))
        .sum();
    assert!(
        bytes <= shape.workgroup_bytes(),
        "{kind:?}: {bytes} bytes of workgroup memory, {} planned",
        shape.workgroup_bytes()
    );
}

/// Group 0 alone, numbers without gaps, the uniform first, and what is written after what is only read.
fn check_bindings(module: &naga::Module) {
    let mut found: Vec<(u32, bool)> = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(place) = variable.binding else {
            continue;
        };
        assert_eq!(place.group, 0, "{:?}", variable.name);
        let written = matches!(variable.space, naga::AddressSpace::Storage { access }
            if access.contains(naga::StorageAccess::STORE));
        assert_eq!(
            variable.space == naga::AddressSpace::Uniform,
            place.binding == 0,
            "{:?}",
            variable.name
        );
        found.push((place.binding, written));
    }
    found.sort_unstable();
    let numbers: Vec<u32> = found.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (0..26).collect::<Vec<u32>>());
    assert!(found.is_sorted_by_key(|(_, written)| *written), "{found:?}");
}
