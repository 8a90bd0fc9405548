//! What cannot work is refused, with the name of the limit and what would fit.

use crate::support::{choice, molecule, system};
use saltus::forcefield::System;
use saltus::gpu::{
    AdapterKind, AdapterSummary, Choice, GpuError, GpuOptions, Plan, Shape, engine, plan,
};

fn adapter(binding_bytes: u64) -> AdapterSummary {
    AdapterSummary {
        name: "Small GPU".to_owned(),
        driver: String::new(),
        backend: "Vulkan".to_owned(),
        kind: AdapterKind::Integrated,
        has_f64: false,
        has_timestamps: false,
        workgroup_bytes: 16 << 10,
        workgroup_threads: 256,
        binding_bytes,
        buffer_bytes: 1 << 30,
        n_storage_buffers: 32,
        n_workgroups: 65535,
    }
}

fn planned(system: &System, binding_bytes: u64) -> Result<Plan, GpuError> {
    let adapter = adapter(binding_bytes);
    let shape = Shape::choose(system.n_atoms(), &adapter.shape_limits(), None, None);
    Plan::new(system, &adapter, &shape)
}

#[test]
fn a_molecule_beyond_the_limits_is_refused_with_the_largest_that_fits() {
    let system = system(&molecule("zwitterions"), None, false);
    let n_atoms = system.n_atoms();
    let needed = (n_atoms * n_atoms * 16) as u64;
    assert!(planned(&system, needed).is_ok());
    let error = planned(&system, needed - 1).unwrap_err();
    let message = error.to_string();
    for part in [
        "max_storage_buffer_binding_size",
        "Small GPU",
        &format!("{n_atoms} atoms are too many"),
        &format!("has {} atoms", n_atoms - 1),
    ] {
        assert!(message.contains(part), "{message} lacks `{part}`");
    }
}

#[test]
fn memory_is_known_before_anything_is_allocated() {
    let system = system(&molecule("alanine_dipeptide"), None, false);
    let plan = planned(&system, 128 << 20).unwrap();
    // Four vectors of 16 bytes an atom, four of 16 bytes a replica.
    assert_eq!(plan.replica_bytes, 22 * 4 * 16 + 4 * 16);
    assert_eq!(plan.table_bytes, 22 * 22 * 16);
    assert_eq!(
        plan.device_bytes(100),
        plan.table_bytes + 100 * plan.replica_bytes
    );
    assert_eq!(
        plan.largest_batch,
        (65535 * plan.shape.n_sharing)
            .min((128 << 20) / (22 * 16) / plan.shape.n_sharing * plan.shape.n_sharing)
    );
}

#[test]
fn an_adapter_that_is_not_there_is_refused_with_those_that_are() {
    let system = system(&molecule("alanine_dipeptide"), None, false);
    let options = GpuOptions {
        choice: Choice::Named("Voodoo 3".into()),
        ..GpuOptions::default()
    };
    let error = engine(&system, &options).err().unwrap();
    if choice().is_some() {
        let message = error.to_string();
        assert!(
            matches!(error, GpuError::UnknownAdapter { .. }),
            "{message}"
        );
        assert!(
            message.contains("'Voodoo 3'") && message.contains("there are '"),
            "{message}"
        );
    } else {
        assert_eq!(error, GpuError::NoAdapter);
    }
}

#[test]
fn the_plan_of_a_real_adapter_fits_its_limits() {
    let Some(choice) = choice() else { return };
    let system = system(&molecule("zwitterions"), None, false);
    let plan = plan(&system, &choice).unwrap();
    assert!(
        plan.largest_molecule > 1000 && plan.largest_batch > 4096,
        "{plan:?}"
    );
}

#[test]
fn a_torsion_beyond_the_kernels_is_refused() {
    let Some(choice) = choice() else { return };
    let mut system = system(&molecule("alanine_dipeptide"), None, false);
    system.torsions[0].periodicity = 7;
    let error = engine(
        &system,
        &GpuOptions {
            choice,
            ..GpuOptions::default()
        },
    )
    .err()
    .unwrap();
    assert_eq!(
        error,
        GpuError::Periodicity {
            periodicity: 7,
            limit: 6
        }
    );
}
