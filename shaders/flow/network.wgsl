// A multilayer perceptron with residual hidden layers, the threads of a replica sharing the rows. Twin of
// src/flow/torsion/network.rs; knows no mixture.
//
// A head in `moves` is: vector of its scales, number of layers, of components, of angles; then for every layer its inputs
// and outputs in fours, vector of its weights, vector of its bias. Weights are `[n_in, n_out / 4]`.

/// `[N_SHARING, 2, N_WIDTH]`: inputs and outputs of a layer, which change places from layer to layer.
var<workgroup> sh_layers: array<f32, N_LAYER_NUMBERS>;

const HEAD_LAYERS: u32 = 4u;

/// Where this replica's inputs (or, for odd numbers of layers, outputs) begin.
fn layer_numbers(number: u32) -> u32 {
    return (2u * sharer + (number & 1u)) * N_WIDTH;
}

/// Outputs for the inputs in place 0; they are in the place of the number of layers. `folded` is the first layer's bias.
fn network(head: u32, folded: u32) {
    let n_layers = moves[head + 1u];
    for (var layer = 0u; layer < MOST_LAYERS; layer++) {
        if (layer < n_layers) {
            let shape = head + HEAD_LAYERS + 4u * layer;
            let bias = select(moves[shape + 3u], folded, layer == 0u);
            for (var four = own; four < moves[shape + 1u]; four += N_THREADS) {
                let raw = four_rows(layer, shape, bias, four);
                put_rows(layer, four, raw, layer + 1u < n_layers);
            }
        }
        workgroupBarrier();
    }
}

/// Four neighbouring rows of W x + b.
fn four_rows(layer: u32, shape: u32, bias: u32, four: u32) -> vec4<f32> {
    let inputs = layer_numbers(layer);
    let n_in = moves[shape];
    let n_out = moves[shape + 1u];
    var row = moves[shape + 2u] + four;
    var sum = networks[bias + four];
    for (var index = 0u; index < n_in; index++) {
        let x = inputs + 4u * index;
        sum = fma(networks[row], vec4<f32>(sh_layers[x]), sum);
        sum = fma(networks[row + n_out], vec4<f32>(sh_layers[x + 1u]), sum);
        sum = fma(networks[row + 2u * n_out], vec4<f32>(sh_layers[x + 2u]), sum);
        sum = fma(networks[row + 3u * n_out], vec4<f32>(sh_layers[x + 3u]), sum);
        row += 4u * n_out;
    }
    return sum;
}

/// Puts rows down; hidden ones through s(x), added to the layer's inputs in all layers but the first.
fn put_rows(layer: u32, four: u32, raw: vec4<f32>, hidden: bool) {
    let before = layer_numbers(layer) + 4u * four;
    let after = layer_numbers(layer + 1u) + 4u * four;
    for (var index = 0u; index < 4u; index++) {
        var value = raw[index];
        if (hidden) {
            value = value / (1.0 + exponential(-max(value, -80.0)));
            if (layer > 0u) {
                value += sh_layers[before + index];
            }
        }
        sh_layers[after + index] = value;
    }
}
