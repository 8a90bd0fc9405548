"""Runs `saltus bench` on the peptides of the published test sets, one after the other, and prints a Markdown table.

    cargo build --release
    python benches/peptide_table.py --set dipeptides --seconds 20 --json dipeptides.json

The sets are those of Timewarp's evaluation (doi:10.48550/arXiv.2302.01170), charged ends, and alanine dipeptide; no model
that ships was trained on any of them. The input is the same for all: a trajectory of hybrid Monte Carlo, two leaps a
residue, a uniform turn of a single bond; where there is a proline, whose ring bends softly and is not leapt over,
trajectories are half as long again, its ring is drawn anew (its pucker flips in the uniform and learned torsions of the
table too), and two torsions are drawn from what the run itself learned. Every ratio is of effective samples a second of each sampler's slowest observable;
`>` marks a lower bound, where the other sampler did not mix or missed a basin. Plain MD that does not mix is started on the
rare sides that the input found, for `--md-seconds`: the ratio to it is then no bound but an estimate from its exit rates.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

SETS = {
    "alanine": ["ACE-ALA-NME"],
    "dipeptides": "QW HT GP DH GT TK CW YA KN KI".split(),
    "tetrapeptides": (
        "SAEL RYDT CSFQ FALS CSGS LPEM LYVI AYTG VCVS AAEW FKVP NQFM DTDL CTSA ANYT VTST AWKC RGSP AVEK FIYG "
        "VLSM QADY DQAL TFFL FIGE KKQF SLTC ITQD DFKS QDED"
    ).split(),
}

SAMPLER = """\
  - hmc: {steps: STEPS, timestep_fs: 1.2, integrator: three_stage, adapt: true, target_acceptance: 0.9, jitter: 0.5}
  - torsion_leap: {model: builtin, repeats: REPEATS}
  - torsion: {kind: single, repeats: 1}
"""

# A peptide bond before a proline is drawn with the ring.
OMEGA = "  - torsion: {kind: omega, proposal: normal, repeats: OMEGAS}\n"

PUCKER = "  - adaptive_torsion: {repeats: 2}\n  - adaptive_pucker: {repeats: 2}\n"

LADDER = "replica_exchange: {min_kelvin: 310, max_kelvin: 440, count: 3}\n"


def n_residues(sequence):
    return len([name for name in sequence.split("-") if name not in ("ACE", "NME")]) if "-" in sequence else len(sequence)


def bench(saltus, sequence, seconds, md_seconds, samplers, sampler, ladder):
    """The report of one peptide."""
    residues = sequence.split("-") if "-" in sequence else list(sequence)
    has_proline = any(residue in ("PRO", "P") for residue in residues)
    n = n_residues(sequence)
    omegas = 2 if n > 2 else 1
    if any(residue not in ("PRO", "P") for residue in residues[1:]):
        sampler += OMEGA
    for key, value in (("REPEATS", n if n < 3 else 2 * n), ("STEPS", 9 if has_proline else 6), ("OMEGAS", omegas)):
        sampler = sampler.replace(key, str(value))
    if has_proline:
        sampler += PUCKER
    text = (
        f"system: {{sequence: {sequence}, force_field: amber14, solvent: obc1, hydrogen_mass_da: 3}}\n"
        f"temperature_kelvin: 310\nseed: 7\nsampler:\n{sampler}{LADDER if ladder else ''}run: {{cycles: 1000}}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"{sequence}.yaml"
        path.write_text(text)
        command = [saltus, "bench", path, "--seconds", str(seconds), "--samplers", samplers, "--json", "--quiet"]
        if md_seconds is not None:
            command += ["--md-seconds", str(md_seconds)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ratio(report, above, below):
    """How many times faster one sampler is, and whether that is a lower bound."""
    by_name = {sampler["name"]: sampler for sampler in report["samplers"]}
    if above not in by_name or below not in by_name:
        return None
    if below == report["baseline"]:
        own = by_name[above]["ratio_to_md"]
        return own["value"], own["lower_bound"]
    fast, slow = by_name[above], by_name[below]
    speeds = [sampler["slowest"]["ess_per_second"] for sampler in (fast, slow)]
    if speeds[1] <= 0.0:
        return math.inf, True
    return speeds[0] / speeds[1], not slow["mixed"]


def show(value):
    if value is None:
        return ""
    number, is_bound = value
    return "> all" if math.isinf(number) else f"{'> ' if is_bound else ''}{number:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", default="target/release/saltus")
    parser.add_argument("--set", choices=SETS, default="dipeptides")
    parser.add_argument("--sequences", nargs="*", help="these instead of a set")
    parser.add_argument("--seconds", type=float, default=20.0, help="a sampler")
    parser.add_argument("--md-seconds", type=float, help="plain MD from rare sides; as --seconds unless given, 0: none")
    parser.add_argument("--samplers", default="md_4fs_heavy,uniform_torsion,adaptive_torsion,replica_exchange,input")
    parser.add_argument("--sampler", default=SAMPLER, help="YAML of the list under `sampler:`")
    parser.add_argument("--ladder", action="store_true", help="the input inside replica exchange")
    parser.add_argument("--json", type=pathlib.Path, help="write all reports here")
    arguments = parser.parse_args()
    others = [name for name in arguments.samplers.split(",") if name != "input"]
    print("| peptide | slowest | ESS/s | mixed | leaps accepted |", *(f" over {name} |" for name in others), sep="")
    print("|---|---|---|---|---|" + "---|" * len(others))
    reports, columns = {}, {name: [] for name in others}
    for sequence in arguments.sequences or SETS[arguments.set]:
        report = bench(
            arguments.saltus,
            sequence,
            arguments.seconds,
            arguments.md_seconds,
            arguments.samplers,
            arguments.sampler,
            arguments.ladder,
        )
        reports[sequence] = report
        own = next(sampler for sampler in report["samplers"] if sampler["name"] == "input")
        leaps = [k["accepted"] / k["proposed"] for k in own["kernels"] if k["name"] == "torsion_leap" and k["proposed"]]
        ratios = {name: ratio(report, "input", name) for name in others}
        for name, value in ratios.items():
            columns[name].append(value[0])
        cells = [show(ratios[name]) for name in others]
        slowest = own["slowest"]
        accepted = f"{100 * leaps[0]:.0f} %" if leaps else ""
        print(
            f"| {sequence} | {slowest['observable']} | {slowest['ess_per_second']:.1f} | "
            f"{'yes' if own['mixed'] else 'no'} | {accepted} | " + " | ".join(cells) + " |",
            flush=True,
        )
        if arguments.json:
            arguments.json.write_text(json.dumps(reports) + "\n")
    for name, values in columns.items():
        print(f"over {name}: median {statistics.median(values):.3g}, smallest {min(values):.3g}", file=sys.stderr)


if __name__ == "__main__":
    main()
