// Energy sums in double precision, for adapters that have it. shared/sum_two_float.wgsl has the same functions.

alias Sum = f64;

fn sum_of(parts: vec2<f32>) -> Sum {
    return f64(parts.x) + f64(parts.y);
}

fn sum_add(sum: Sum, term: f32) -> Sum {
    return sum + f64(term);
}

fn sum_merge(sum: Sum, other: Sum) -> Sum {
    return sum + other;
}

/// The sum as the unevaluated sum of two f32 numbers.
fn sum_parts(sum: Sum) -> vec2<f32> {
    let high = f32(sum);
    return vec2<f32>(high, f32(sum - f64(high)));
}

fn sum_difference(sum: Sum, other: Sum) -> Sum {
    return sum - other;
}
