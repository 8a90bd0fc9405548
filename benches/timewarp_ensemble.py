"""Whether hybrid Monte Carlo with the shipped Timewarp model gives alanine dipeptide's reference ensemble; crossings of phi counted.

    cargo build --release
    python benches/timewarp_ensemble.py            (some minutes; exit code 1 if a mean is flagged)

Five seeds of 16 replicas each run on one thread, all from the extended structure, and go through `saltus analyze --reference`.
Then the model alone proposes, one test a frame, and a crossing is a change of phi's sign (phi from 0 to 140 degrees is
positive) from one frame to the next.
"""

import argparse
import json
import pathlib
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
  - timewarp: {{model: {model}, repeats: {repeats}}}
run: {{cycles: {cycles}, equilibration_cycles: 500}}
output: {{directory: {folder}, every_cycles: 1}}
"""


def call(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def run(arguments, folder, **settings):
    (folder / "input.yaml").write_text(INPUT.format(folder=folder / "out", model=arguments.model.resolve(), **settings))
    return call(arguments.saltus, "run", folder / "input.yaml", "--json", "--quiet")


def ensemble(arguments):
    flagged = 0
    for seed in range(1, 6):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            report = run(arguments, folder, seed=seed, hmc=1, repeats=arguments.repeats, cycles=arguments.cycles)
            kernel = report["kernels"][1]
            reference = ROOT / "data/reference/alanine-dipeptide.json"
            found = call(arguments.saltus, "analyze", folder / "out", "--reference", reference, "--json")
            means = found["reference"]["means"]
            worst = max(means, key=lambda mean: abs(mean["z"]))
            flagged += any(mean["flagged"] for mean in means)
            rate = kernel["accepted"] / kernel["proposed"]
            print(f"seed {seed}: {100 * rate:.1f} % of proposals accepted, {report['wall_seconds']:.0f} s;", end=" ")
            print(f"of {len(means)} means {worst['name']} deviates most, by {worst['z']:.2f} standard errors")
    return flagged


def crossings(arguments):
    import h5py
    import numpy

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text = INPUT.format(
            folder=folder / "out", model=arguments.model.resolve(), seed=9, hmc=1, repeats=1, cycles=arguments.frames
        )
        lines = [line for line in text.splitlines() if "hmc" not in line]
        (folder / "input.yaml").write_text("\n".join(lines))
        report = call(arguments.saltus, "run", folder / "input.yaml", "--json", "--quiet")
        crossed = 0
        for path in sorted((folder / "out").glob("trajectory_*.h5")):
            with h5py.File(path) as file:
                x = numpy.array(file["coordinates"], dtype=float)
            positive = (phi(x) > 0) & (phi(x) < 140)
            crossed += int((positive[1:] != positive[:-1]).sum())
        kernel = report["kernels"][0]
        print(f"alone: {kernel['accepted']} of {kernel['proposed']} accepted, {crossed} of them crossed phi")


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
    arguments = parser.parse_args()
    crossings(arguments)
    raise SystemExit(1 if ensemble(arguments) else 0)


if __name__ == "__main__":
    main()
