"""Whether torsion leaps give the reference ensembles of `data/reference`: six peptides, five seeds each, every mean of
`saltus analyze --reference` listed by its distance in standard errors.

    cargo build --release
    python benches/leap_ensembles.py               (exit code 1 if a mean is flagged)
    python benches/leap_ensembles.py --only gp ay --seeds 2

Each run is hybrid Monte Carlo with the shipped model's leaps and uniform turns, from the extended structure; the larger peptides in
a ladder of temperatures, whose frames at 310 K count. Chignolin is left out: its reference is not converged.
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LADDER = "replica_exchange: {{min_kelvin: 310, max_kelvin: {kelvin}, count: {count}}}\n"
# Sequence, replicas or ladders, cycles, leaps a cycle, and the ladder's highest temperature with its size.
PEPTIDES = {
    "alanine-dipeptide": ("ACE-ALA-NME", 32, 6000, 2, None),
    "gp": ("GP", 32, 6000, 4, None),
    "ay": ("AY", 32, 6000, 4, None),
    "aaay": ("AAAY", 16, 6000, 8, (440, 3)),
    "hexa-alanine": ("ACE-ALA-ALA-ALA-ALA-ALA-ALA-NME", 8, 8000, 12, (600, 6)),
    "elil": ("ELIL", 8, 8000, 8, (600, 6)),
}
INPUT = """\
system: {{sequence: {sequence}}}
temperature_kelvin: 310
replicas: {replicas}
seed: {seed}
device: cpu
sampler:
  - hmc: {{steps: 9, timestep_fs: 1.2, integrator: three_stage, adapt: true, target_acceptance: 0.9, jitter: 0.5}}
  - torsion_leap: {{repeats: {leaps}}}
  - torsion: {{kind: single}}
{pucker}{ladder}run: {{cycles: {cycles}, equilibration_cycles: 1000}}
output: {{directory: {folder}, every_cycles: 5}}
"""


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def run(saltus, name, seed):
    sequence, replicas, cycles, leaps, ladder = PEPTIDES[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        text = INPUT.format(
            sequence=sequence,
            replicas=replicas,
            seed=seed,
            leaps=leaps,
            cycles=cycles,
            pucker="  - adaptive_pucker: {repeats: 2}\n" if "P" in sequence and "-" not in sequence else "",
            ladder=LADDER.format(kelvin=ladder[0], count=ladder[1]) if ladder else "",
            folder=folder / "out",
        )
        (folder / "input.yaml").write_text(text)
        report = call(saltus, "run", folder / "input.yaml", "--json", "--quiet")
        reference = ROOT / "data/reference" / f"{name}.json"
        return report, call(saltus, "analyze", folder / "out", "--reference", reference, "--json")["reference"]["means"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", type=pathlib.Path, default=ROOT / "target/release/saltus")
    parser.add_argument("--only", nargs="*", choices=PEPTIDES, default=list(PEPTIDES))
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    flagged, n_means = 0, 0
    for name in arguments.only:
        for seed in range(1, arguments.seeds + 1):
            report, means = run(arguments.saltus, name, seed)
            flagged += sum(mean["flagged"] for mean in means)
            n_means += len(means)
            worst = max(means, key=lambda mean: abs(mean["z"]))
            spread = math.sqrt(sum(mean["z"] ** 2 for mean in means) / len(means))
            print(
                f"{name}, seed {seed}: {report['wall_seconds']:.0f} s, {len(means)} means, rms {spread:.2f} standard errors, "
                f"largest {worst['z']:.2f} ({worst['name']})",
                flush=True,
            )
    print(f"{flagged} of {n_means} means flagged")
    raise SystemExit(1 if flagged else 0)


if __name__ == "__main__":
    main()
