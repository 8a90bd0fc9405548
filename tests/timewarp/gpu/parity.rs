//! The published code's own numbers, from the shaders; every size of tile gives the same bits.

use super::{are_small, conformations, deviations, gpu, gpu_with};
use crate::support::{MODELS, Vectors, pairs, published};
use saltus::flow::timewarp::TimewarpFlow;
use saltus::gpu::GpuTimewarpOptions;
use saltus::gpu::timewarp::Tile;

#[test]
fn shaders_agree_with_the_published_code_to_rounding() {
    for name in MODELS {
        let Some(flow) = gpu(&published(name)) else {
            return;
        };
        let found = deviations(&flow, &Vectors::read(name));
        assert!(are_small(found), "{name}: {found:?}");
    }
}

#[test]
fn the_size_of_a_tile_changes_no_bit() {
    let (model, vectors) = (
        published("alanine_dipeptide"),
        Vectors::read("alanine_dipeptide"),
    );
    let (x, z) = (vectors.variables("x"), vectors.variables("latent"));
    let from = conformations(&vectors.elements, &x);
    let mut drawn = Vec::new();
    for tile in [
        None,
        Some(Tile::Large),
        Some(Tile::Medium),
        Some(Tile::Small),
    ] {
        let options = GpuTimewarpOptions {
            tile,
            ..GpuTimewarpOptions::default()
        };
        let Some(flow) = gpu_with(&model, options) else {
            return;
        };
        assert!(are_small(deviations(&flow, &vectors)), "{tile:?}");
        drawn.push(flow.draws_given(&from, &pairs(&z)).unwrap());
    }
    assert!(drawn.iter().all(|other| *other == drawn[0]));
}
