// Energy sums as unevaluated sums of two f32 numbers, for adapters without f64. shared/sum_f64.wgsl has the same functions.
//
// Knuth's two-sum; Dekker, doi:10.1007/BF01397083.

alias Sum = vec2<f32>;

fn sum_of(parts: vec2<f32>) -> Sum {
    return parts;
}

fn sum_add(sum: Sum, term: f32) -> Sum {
    let high = opaque(sum.x + term);
    let virtual_term = opaque(high - sum.x);
    let error = (sum.x - (high - virtual_term)) + (term - virtual_term);
    return sum_normal(high, sum.y + error);
}

fn sum_merge(sum: Sum, other: Sum) -> Sum {
    let first = sum_add(sum, other.x);
    return sum_add(first, other.y);
}

fn sum_normal(high: f32, low: f32) -> Sum {
    let total = opaque(high + low);
    return Sum(total, low - (total - high));
}

fn sum_parts(sum: Sum) -> vec2<f32> {
    return sum;
}

fn sum_difference(sum: Sum, other: Sum) -> Sum {
    return sum_merge(sum, -other);
}
