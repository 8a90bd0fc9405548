//! Weights of a torsion leap: the header of a safetensors file names the sizes of all that is behind it. The file as it is, and
//! a whole model with bytes changed at the places that the input names.
#![no_main]

use std::sync::LazyLock;

use saltus::flow::torsion::LeapModel;

static MODEL: LazyLock<Vec<u8>> = LazyLock::new(|| saltus::proposal::random_leap_model(3).to_bytes());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = LeapModel::from_bytes(bytes);
    let mut model = MODEL.clone();
    for change in bytes.chunks_exact(4) {
        let place = usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]);
        let place = place % model.len();
        model[place] = change[3];
    }
    let _ = LeapModel::from_bytes(&model);
});
