"""The pass of benches/timewarp.rs in PyTorch, on random weights: same sizes, same number of conformations, same cores.

usage: python benches/timewarp_torch.py [THREADS]      (needs torch; prints milliseconds)
"""

import sys
import time

import torch
from torch import nn

N_ATOMS, N_STATES, N_REPEATS = 22, 64, 5
LENGTHSCALES = torch.tensor([0.1, 0.2, 0.5, 0.7, 1.0, 1.2])


def perceptron(n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 256), nn.SiLU(), nn.Linear(256, n_outputs))


class Encoder(nn.Module):
    def __init__(self, d=128, feedforward=2048, heads=6):
        super().__init__()
        self.values = nn.Linear(d, heads * d, bias=False)
        self.project = nn.Linear(heads * d, d, bias=False)
        self.expand, self.contract = nn.Linear(d, feedforward), nn.Linear(feedforward, d)
        self.norm_1, self.norm_2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, h, attention):
        batch, atoms, d = h.shape
        values = self.values(h).view(batch, atoms, -1, d).transpose(1, 2)
        mixed = (attention @ values).transpose(1, 2).reshape(batch, atoms, -1)
        h = self.norm_1(h + self.project(mixed))
        return self.norm_2(h + self.contract(torch.relu(self.expand(h))))


class Transformer(nn.Module):
    def __init__(self, n_inputs, n_encoders):
        super().__init__()
        self.before, self.after = perceptron(n_inputs, 128), perceptron(128, 3)
        self.encoders = nn.ModuleList(Encoder() for _ in range(n_encoders))

    def forward(self, x, attention):
        h = self.before(x)
        for encoder in self.encoders:
            h = encoder(h, attention)
        return self.after(h)


class Flow(nn.Module):
    def __init__(self, n_couplings, n_encoders, embedding):
        super().__init__()
        self.embedding = nn.Embedding(5, embedding)
        self.couplings = nn.ModuleList(
            nn.ModuleList(Transformer(embedding + 9, n_encoders) for _ in range(2)) for _ in range(n_couplings)
        )

    def forward(self, elements, x, y, v):
        kernel = torch.exp(-((torch.cdist(x, x)[:, None] / LENGTHSCALES.view(1, -1, 1, 1)) ** 2))
        attention = kernel / (kernel.sum(-1, keepdim=True) + 1e-5)
        centred = x - x.mean(1, keepdim=True)
        features = torch.cat([self.embedding(elements), centred, torch.zeros_like(x)], -1)
        z, log_det = [y - x, v], 0.0
        for index, (scale, shift) in enumerate(self.couplings):
            inputs = torch.cat([features, z[(index + 1) % 2]], -1)
            raw, t = scale(inputs, attention), shift(inputs, attention)
            z[index % 2] = z[index % 2] * raw.exp() + t
            log_det = log_det + raw.sum((1, 2))
        return log_det - 0.5 * (z[0] ** 2 + z[1] ** 2).sum((1, 2))


def main():
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    sizes = [("alanine dipeptide, 36 M parameters", (8, 3, 32)), ("two residues, 106 M parameters", (12, 6, 64))]
    for name, size in sizes:
        flow = Flow(*size).eval()
        elements = (torch.arange(N_ATOMS) % 4).repeat(N_STATES, 1)
        x, y, v = (torch.rand(N_STATES, N_ATOMS, 3) for _ in range(3))
        best = float("inf")
        with torch.inference_mode():
            for _ in range(N_REPEATS):
                start = time.perf_counter()
                flow(elements, x, y, v)
                best = min(best, time.perf_counter() - start)
        threads = torch.get_num_threads()
        print(f"{name}: ln p of {N_STATES} conformations of {N_ATOMS} atoms in {1e3 * best:.0f} ms, {threads} threads")


main()
