// Philox4x32-10 (Salmon et al., doi:10.1145/2063384.2063405). Twin of src/rng.rs; no distributions.

/// High word of the 64-bit product.
fn multiply_high(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let middle = a_high * b_low + ((a_low * b_low) >> 16u);
    let cross = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (cross >> 16u);
}

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    var words = counter;
    var k = key;
    for (var i = 0u; i < 10u; i++) {
        let high_0 = multiply_high(words.x, 0xD2511F53u);
        let low_0 = words.x * 0xD2511F53u;
        let high_1 = multiply_high(words.z, 0xCD9E8D57u);
        let low_1 = words.z * 0xCD9E8D57u;
        words = vec4<u32>(high_1 ^ words.y ^ k.x, low_1, high_0 ^ words.w ^ k.y, low_0);
        k += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return words;
}

/// Last two counter words of the step number `settings.step + offset` in a stream: 56 bits of the step, 8 of the stream.
fn step_words(offset: u32, stream: u32) -> vec2<u32> {
    let low = settings.step_low + offset;
    let high = settings.step_high + select(0u, 1u, low < offset);
    return vec2<u32>(low, (high & 0x00ffffffu) | (stream << 24u));
}

/// Four words for an atom (or another number) of this replica at a step.
fn random_words(number: u32, offset: u32, stream: u32) -> vec4<u32> {
    let counter = vec4<u32>(number, settings.first_replica + replica, step_words(offset, stream));
    return philox(counter, vec2<u32>(settings.key_low, settings.key_high));
}
