//! Errors planted in the shaders, one a file: the comparison with the published vectors finds each.

use super::{are_small, deviations, gpu_with};
use crate::support::{Vectors, published};
use saltus::gpu::{GpuTimewarpOptions, ShaderSources};

const FAULTS: [(&str, &str, &str); 8] = [
    (
        "matrix_tile",
        "load_a(row + 3u, vector),",
        "load_a(row + 2u, vector),",
    ),
    (
        "linear",
        "var value = product + bias;",
        "var value = product;",
    ),
    ("linear", "return select(x, 0.0, is_negative);", "return x;"),
    ("mix", "span.first_row + row", "row"),
    (
        "layer_norm",
        "const NORM_EPSILON: f32 = 1e-5;",
        "const NORM_EPSILON: f32 = 1e-2;",
    ),
    ("attention", ") + EPSILON);", ") + 0.01);"),
    ("features", "1u - settings.variable", "settings.variable"),
    (
        "affine",
        "sum_add(sum_add(sum_add(sum, raw.x), raw.y), raw.z)",
        "sum_add(sum_add(sum, raw.x), raw.y)",
    ),
];

#[test]
fn planted_errors_are_found() {
    let (model, vectors) = (
        published("alanine_dipeptide"),
        Vectors::read("alanine_dipeptide"),
    );
    for (file, from, to) in FAULTS {
        let path = format!("flow/timewarp/{file}.wgsl");
        let sources = ShaderSources::default().replaced(&path, from, to);
        let options = GpuTimewarpOptions {
            sources: sources.unwrap_or_else(|| panic!("{path} has no `{from}`")),
            ..GpuTimewarpOptions::default()
        };
        let Some(flow) = gpu_with(&model, options) else {
            return;
        };
        let found = deviations(&flow, &vectors);
        assert!(!are_small(found), "{path}, `{to}`: {found:?}");
    }
}
