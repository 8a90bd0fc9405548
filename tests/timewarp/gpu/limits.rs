//! Memory is known before anything is allocated; what cannot fit is refused with what would.

use super::gpu;
use crate::support::{random_model, random_state, small_config, stream};
use saltus::flow::timewarp::{Conformation, TimewarpConfig, TimewarpFlow};
use saltus::gpu::{AdapterKind, AdapterSummary, GpuError, TimewarpPlan};

fn adapter(binding_bytes: u64) -> AdapterSummary {
    AdapterSummary {
        name: "Small GPU".to_owned(),
        driver: String::new(),
        backend: "Vulkan".to_owned(),
        kind: AdapterKind::Integrated,
        has_f64: false,
        has_timestamps: false,
        workgroup_bytes: 32 << 10,
        workgroup_threads: 256,
        binding_bytes,
        buffer_bytes: 1 << 30,
        n_storage_buffers: 8,
        n_workgroups: 65535,
    }
}

/// The published model of two residues.
fn published_sizes() -> TimewarpConfig {
    TimewarpConfig {
        atom_embedding_dim: 64,
        mlp_hidden_dims: vec![256],
        num_coupling_layers: 12,
        num_transformer_layers: 6,
        d_model: 128,
        dim_feedforward: 2048,
        lengthscales_nm: vec![0.1, 0.2, 0.5, 0.7, 1.0, 1.2],
        ..small_config()
    }
}

#[test]
fn memory_is_known_before_anything_is_allocated() {
    let plan = TimewarpPlan::new(&published_sizes(), 1, &adapter(128 << 20)).unwrap();
    // By hand: 24 networks of 6 layers, and products of attention matrices in the place of the matrices themselves.
    let encoder = (6 * 128 + 1) * 128 + 129 * 2048 + 2049 * 128 + 4 * 128;
    let network = 6 * encoder + 74 * 256 + 257 * 128 + 129 * 256 + 257 * 4;
    assert_eq!(plan.weight_bytes, 4 * 24 * network);
    // Input; hidden layers, one of them not used; rows; sums of six heads; outputs; variables and the atom's index.
    let row = 76 + 2 * (2048 + 4 + 128 + 6 * 128 + 4) + 9;
    assert_eq!(plan.row_bytes, 4 * row);
    assert_eq!(plan.attention_bytes(22), 4 * 22 * 24 * 6);
    // The widest matrix, 16 kB a row, bounds the batch.
    let rows = (128 << 20) / (4 * 2 * 2048);
    assert_eq!(plan.largest_batch(22), rows / 22);
    let own = 22 * plan.row_bytes + plan.attention_bytes(22);
    assert_eq!(plan.device_bytes(22, 3), plan.weight_bytes + 3 * own);
    assert_eq!(
        plan.device_bytes(22, 1 << 20),
        plan.weight_bytes + (rows / 22) as u64 * own
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let plan = TimewarpPlan::new(&published_sizes(), 1, &adapter(8 << 20)).unwrap();
    assert!(plan.check_atoms(512).is_ok());
    let message = plan.check_atoms(800).unwrap_err().to_string();
    for part in ["800 atoms are too many for Small GPU", "has 512 atoms"] {
        assert!(message.contains(part), "{message}");
    }
    let error = TimewarpPlan::new(&published_sizes(), 1, &adapter(1 << 20)).unwrap_err();
    let message = error.to_string();
    for part in [
        "linear1.weight",
        "max_storage_buffer_binding_size",
        "device: cpu",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let small = AdapterSummary {
        workgroup_bytes: 8 << 10,
        ..adapter(1 << 30)
    };
    let error = TimewarpPlan::new(&published_sizes(), 1, &small).unwrap_err();
    assert!(matches!(error, GpuError::Limit { .. }), "{error}");
}

#[test]
fn wrong_input_is_named_as_on_the_cpu() {
    let model = random_model::<f32>(&small_config(), 2);
    let Some(flow) = gpu(&model) else { return };
    let [positions, own] = random_state(&mut stream(1), 2, 0.1);
    let from = |elements| Conformation {
        elements,
        positions: &positions,
        auxiliaries: Some(&own),
    };
    for elements in [&[0_usize, 5] as &[usize], &[0, 1, 2]] {
        let expected = TimewarpFlow::draws_given(&model, &[from(elements)], &[]).unwrap_err();
        let got = flow.draws_given(&[from(elements)], &[]).unwrap_err();
        assert_eq!(got.to_string(), expected.to_string());
    }
    assert_eq!(flow.draws_given(&[from(&[0, 1])], &[]).unwrap(), []);
}
