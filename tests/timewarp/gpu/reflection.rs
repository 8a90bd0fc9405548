//! The flow's shaders against the Rust side, by naga's reflection: needs no adapter.

use crate::wgsl::{check_struct, parse, parse_quietly};
use saltus::gpu::ShaderSources;
use saltus::gpu::timewarp::FlowKernel;
use saltus::gpu::timewarp::layout::{Settings, Span, StateAtom};
use wgpu::naga::{self, AddressSpace, StorageAccess};

fn source(kernel: FlowKernel) -> String {
    kernel.source(&ShaderSources::default())
}

fn check_structs(module: &naga::Module) {
    check_struct!(
        module,
        Settings {
            n_rows,
            n_inputs,
            n_outputs,
            zero,
            input_vectors,
            output_vectors,
            input_step,
            output_step,
            weight_step,
            bias_start,
            activation,
            accumulates,
            variable,
            from_latent,
            n_pairs,
            n_heads,
            set_step,
            scale_set_0,
            scale_set_1,
            n_scales,
        }
    );
    check_struct!(
        module,
        StateAtom {
            position,
            position_low,
            auxiliaries,
            element,
            first_atom,
            n_atoms,
            attention_start,
        }
    );
    check_struct!(
        module,
        Span {
            first_row,
            n_atoms,
            attention_start,
            first_atom,
        }
    );
}

#[test]
fn shared_structs_have_the_same_layout_on_both_sides() {
    let source = source(FlowKernel::Affine);
    check_structs(&parse(&source));
    // A field that moved on one side only is found.
    for (from, to) in [
        (
            "    first_row: u32,\n    n_atoms: u32,\n",
            "    n_atoms: u32,\n    first_row: u32,\n",
        ),
        (
            "    element: u32,\n",
            "    element: u32,\n    more: vec4<f32>,\n",
        ),
    ] {
        assert!(source.contains(from));
        let changed = parse_quietly(&source.replacen(from, to, 1));
        let caught = std::panic::catch_unwind(|| check_structs(&changed));
        assert!(caught.is_err(), "unnoticed: {to}");
    }
}

#[test]
fn every_kernel_is_valid_and_bound_as_the_rules_say() {
    for kernel in FlowKernel::ALL {
        let module = parse(&source(kernel));
        assert_eq!(module.entry_points.len(), 1, "{kernel:?}");
        let entry = &module.entry_points[0];
        assert_eq!(entry.name, kernel.name());
        assert_eq!(
            entry.workgroup_size,
            [kernel.n_threads() as u32, 1, 1],
            "{kernel:?}"
        );
        check_bindings(&module);
        let mut layouter = naga::proc::Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        let shared = module.global_variables.iter().map(|(_, variable)| variable);
        let bytes: u32 = shared
            .filter(|variable| variable.space == AddressSpace::WorkGroup)
            .map(|variable| layouter[variable.ty].size)
            .sum();
        // What the plan asks an adapter for.
        assert!(
            bytes <= 16_640,
            "{kernel:?}: {bytes} bytes of workgroup memory"
        );
    }
}

/// Group 0 alone, numbers without gaps, the uniform first, and what is written after what is only read.
fn check_bindings(module: &naga::Module) {
    let mut found: Vec<(u32, bool)> = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(place) = variable.binding else {
            continue;
        };
        let is_uniform = variable.space == AddressSpace::Uniform;
        let is_written = matches!(variable.space, AddressSpace::Storage { access }
            if access.contains(StorageAccess::STORE));
        assert_eq!(
            (place.group, place.binding == 0),
            (0, is_uniform),
            "{:?}",
            variable.name
        );
        found.push((place.binding, is_written));
    }
    found.sort_unstable();
    assert!(
        found
            .iter()
            .map(|(number, _)| *number)
            .eq(0..found.len() as u32),
        "{found:?}"
    );
    assert!(
        found.len() <= 6 && found.is_sorted_by_key(|(_, written)| *written),
        "{found:?}"
    );
}
