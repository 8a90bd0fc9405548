"""How often `torsion_leap` is accepted, block by block, on peptides that its model never saw; prints a Markdown table.

    cargo build --release
    python benches/leap_acceptance.py --set tetrapeptides

64 replicas at 310 K equilibrate by the leaps themselves and hybrid Monte Carlo, then every block is proposed some
thousand times between trajectories. The last lines are medians and smallest values. Sets: see benches/peptide_table.py.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from peptide_table import SETS

BLOCKS = ["backbone", "side_chain", "residue", "molecule"]

INPUT = """\
system: {{sequence: {sequence}, force_field: {force_field}, solvent: obc1}}
temperature_kelvin: 310
replicas: 64
seed: 7
sampler:
  - hmc: {{steps: 8, timestep_fs: 1.2, jitter: 0.5, repeats: 2}}
{blocks}run: {{cycles: {cycles}, equilibration_cycles: {equilibration}}}
output: {{every_cycles: {cycles}}}
"""


def acceptance(saltus, sequence, model, force_field, cycles):
    """Per cent accepted of each block; None for a block that the molecule has not."""

    def run(blocks):
        lines = "".join(f"  - torsion_leap: {{model: {model}, block: {block}, repeats: 3}}\n" for block in blocks)
        text = INPUT.format(
            sequence=sequence, force_field=force_field, blocks=lines, cycles=cycles, equilibration=2 * cycles
        )
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "input.yaml"
            path.write_text(text)
            command = [saltus, "run", path, "--output", pathlib.Path(folder) / "out", "--json", "--quiet"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                return None
            kernels = json.loads(done.stdout)["kernels"][1:]
            return {b: 100 * k["accepted"] / k["proposed"] for b, k in zip(blocks, kernels)}

    found = run(BLOCKS)
    if found is None:
        # A molecule without chi has no side chains to draw.
        found = run([block for block in BLOCKS if block != "side_chain"])
    if found is None:
        raise SystemExit(f"{sequence} does not run")
    return [found.get(block) for block in BLOCKS]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", default="target/release/saltus")
    parser.add_argument("--set", choices=SETS, default="dipeptides")
    parser.add_argument("--sequences", nargs="*", help="these instead of a set")
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--force-field", default="amber14")
    parser.add_argument("--cycles", type=int, default=60)
    arguments = parser.parse_args()
    print("| peptide |", *(f" {block} |" for block in BLOCKS), sep="")
    print("|---|" + "---|" * len(BLOCKS))
    show = lambda value: "" if value is None else f"{value:.1f}"
    rows = []
    for sequence in arguments.sequences or SETS[arguments.set]:
        row = acceptance(arguments.saltus, sequence, arguments.model, arguments.force_field, arguments.cycles)
        rows.append(row)
        print(f"| {sequence} |", *(f" {show(value)} |" for value in row), sep="", flush=True)
    for name, summary in [("median", statistics.median), ("smallest", min)]:
        columns = [[value for value in column if value is not None] for column in zip(*rows)]
        print(f"| {name} |", *(f" {show(summary(column) if column else None)} |" for column in columns), sep="")


if __name__ == "__main__":
    main()
