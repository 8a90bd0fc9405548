"""Whether hybrid Monte Carlo with the shipped Timewarp model gives alanine dipeptide's reference ensemble; crossings of phi counted.

    cargo build --release
    python benches/timewarp_ensemble.py            (some minutes; exit code 1 if a mean is flagged)
    python benches/timewarp_ensemble.py --random   (the same with random weights: hardly anything is accepted, the ensemble stays right)

Five seeds of 16 replicas each run on one thread, all from the extended structure, and go through `saltus analyze --reference`.
Then the model alone proposes, one test a frame, and a crossing is a change of phi's sign (phi from 0 to 140 degrees is
positive) from one frame to the next. Independent draws would cross in 2 p (1 - p) of all cases, p the share of positive frames.

`--random` gives every weight of the model another value: once in its internal coordinates, once as a flow in positions of the same
sizes, the published form. Hybrid Monte Carlo has to do the sampling then, and leaps of the backbone help it.
"""

import argparse
import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUT = """\
system: {{sequence: ACE-ALA-NME}}
temperature_kelvin: 310
replicas: 16
seed: {seed}
threads: 1
device: cpu
sampler:
  - hmc: {{steps: 20, timestep_fs: 1.0, adapt: true, target_acceptance: 0.8, repeats: {hmc}}}
{helper}  - timewarp: {{model: {model}, repeats: {repeats}}}
run: {{cycles: {cycles}, equilibration_cycles: 500}}
output: {{directory: {folder}, every_cycles: 1}}
"""


def call(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def with_random_weights(model, path, internal, gain):
    """A copy of a model with normal weights that keep the sizes of signals, but for `gain` at the outputs of its networks; scales
    and norms as they are at a model's beginning."""
    data = model.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    body = bytearray(data[8 + length :])
    config = json.loads(header["__metadata__"]["config"])
    if not internal:
        config.pop("internal")
        config["ignore_conditional_velocity"] = True
    header["__metadata__"]["config"] = json.dumps(config)
    stream = random.Random(5)
    for name, tensor in header.items():
        if name == "__metadata__" or name.endswith("lengthscales"):
            continue
        start, end = tensor["data_offsets"]
        shape = tensor["shape"]
        if name == "coords_prior_log_scale":
            values = [0.0 if internal else math.log(0.0005)]
        elif len(shape) == 2:
            width = (gain if "out_mlp" in name and shape[0] == 3 else 1) / math.sqrt(shape[1])
            values = [stream.gauss(0, width) for _ in range(shape[0] * shape[1])]
        else:
            values = [1.0 if "norm" in name and name.endswith("weight") else 0.0] * ((end - start) // 4)
        body[start:end] = struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def run(arguments, folder, **settings):
    helper = "  - torsion_leap: {}\n" if arguments.random else ""
    settings = {"model": arguments.model.resolve(), "helper": helper, **settings}
    (folder / "input.yaml").write_text(INPUT.format(folder=folder / "out", **settings))
    return call(arguments.saltus, "run", folder / "input.yaml", "--json", "--quiet")


def ensemble(arguments):
    flagged = 0
    for seed in range(1, 6):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            report = run(arguments, folder, seed=seed, hmc=1, repeats=arguments.repeats, cycles=arguments.cycles)
            kernel = report["kernels"][-1]
            reference = ROOT / "data/reference/alanine-dipeptide.json"
            found = call(arguments.saltus, "analyze", folder / "out", "--reference", reference, "--json")
            means = found["reference"]["means"]
            worst = max(means, key=lambda mean: abs(mean["z"]))
            flagged += any(mean["flagged"] for mean in means)
            rate = kernel["accepted"] / kernel["proposed"]
            print(f"seed {seed}: {100 * rate:.3g} % of {kernel['proposed']} accepted, {report['wall_seconds']:.0f} s;", end=" ")
            print(f"of {len(means)} means {worst['name']} deviates most, by {worst['z']:.2f} standard errors")
    return flagged


def random_weights(arguments):
    flagged, trained = 0, arguments.model
    with tempfile.TemporaryDirectory() as name:
        for form in ("positions", "internal"):
            path = pathlib.Path(name) / f"{form}.safetensors"
            arguments.model = with_random_weights(trained, path, form == "internal", arguments.gain * (1 if form == "internal" else 0.001))
            print(f"random weights, coordinates: {form}")
            flagged += ensemble(arguments)
    return flagged


def crossings(arguments):
    import h5py
    import numpy

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text = INPUT.format(
            folder=folder / "out", model=arguments.model.resolve(), helper="", seed=9, hmc=1, repeats=1, cycles=arguments.frames
        )
        lines = [line for line in text.splitlines() if "hmc" not in line]
        (folder / "input.yaml").write_text("\n".join(lines))
        report = call(arguments.saltus, "run", folder / "input.yaml", "--json", "--quiet")
        crossed, shares = 0, []
        for path in sorted((folder / "out").glob("trajectory_*.h5")):
            with h5py.File(path) as file:
                x = numpy.array(file["coordinates"], dtype=float)
            positive = (phi(x) > 0) & (phi(x) < 140)
            shares.append(positive.mean())
            crossed += int((positive[1:] != positive[:-1]).sum())
        kernel = report["kernels"][0]
        p = float(numpy.mean(shares))
        print(f"alone: {kernel['accepted']} of {kernel['proposed']} accepted, {crossed} of them crossed phi:", end=" ")
        print(f"{100 * crossed / kernel['accepted']:.2f} %; independent draws {200 * p * (1 - p):.2f} %;", end=" ")
        print(f"{1e6 * kernel['seconds'] / kernel['proposed']:.0f} us a proposal")


def phi(x, atoms=(4, 6, 8, 14)):
    import numpy

    a, b, c, d = (x[:, i] for i in atoms)
    u, v, w = b - a, c - b, d - c
    n, m = numpy.cross(u, v), numpy.cross(v, w)
    y = (numpy.cross(n, m) * v).sum(1) / numpy.linalg.norm(v, axis=1)
    return numpy.degrees(numpy.arctan2(y, (n * m).sum(1)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--saltus", type=pathlib.Path, default=ROOT / "target/release/saltus")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "data/models/timewarp_alanine_dipeptide.safetensors")
    parser.add_argument("--cycles", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--gain", type=float, default=0.3, help="size of the random networks' outputs")
    arguments = parser.parse_args()
    if arguments.random:
        raise SystemExit(1 if random_weights(arguments) else 0)
    crossings(arguments)
    raise SystemExit(1 if ensemble(arguments) else 0)


if __name__ == "__main__":
    main()
