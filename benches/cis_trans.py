"""Share of cis peptide bonds before prolines by two samplers that have no move of peptide bonds in common, as a Markdown table.

    cargo build --release
    python benches/cis_trans.py --minutes 1

One turns the bond by half a turn and a little, and mirrors rings; the other draws omega uniformly, draws rings anew
(`adaptive_pucker`, both isomers) and exchanges with hotter replicas. amber14, 310 K, charged ends where there are no caps.
`benches/openmm_cis.py` is the same by OpenMM.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

HMC = "  - hmc: {steps: 9, timestep_fs: 1.2, integrator: three_stage, adapt: true, target_acceptance: 0.9, jitter: 0.5}\n"
FLIPS = HMC + (
    "  - adaptive_torsion: {repeats: 4}\n  - torsion: {kind: omega, proposal: flip, repeats: 4}\n"
    "  - torsion: {kind: omega, proposal: normal}\n  - pucker: {repeats: 2}\n"
)
DRAWS = HMC + (
    "  - adaptive_torsion: {repeats: 4}\n  - torsion: {kind: omega, proposal: uniform, repeats: 2}\n"
    "  - adaptive_pucker: {repeats: 4}\n"
)
LADDER = "replica_exchange: {min_kelvin: 310, max_kelvin: 440, count: 3}\n"


def run(saltus, sequence, solvent, sampler, ladder, replicas, minutes, seed):
    """Peptide bonds as `saltus analyze` has them, and the largest R-hat."""
    system = f"system: {{sequence: {sequence}, force_field: amber14, solvent: {solvent}, hydrogen_mass_da: 3}}\n"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        call = lambda cycles, name: (folder / name).write_text(
            f"{system}temperature_kelvin: 310\nreplicas: {replicas}\nseed: {seed}\nsampler:\n{sampler}{ladder}"
            f"run: {{cycles: {cycles}, equilibration_cycles: 1500}}\noutput: {{directory: {folder}/out, every_cycles: 5}}\n"
        )
        go = lambda: json.loads(
            subprocess.run(
                [saltus, "run", folder / "input.yaml", "--force", "--quiet", "--json"], check=True, capture_output=True, text=True
            ).stdout
        )
        call(200, "input.yaml")
        pilot = go()
        call(max(400, int(200 * 60 * minutes / pilot["wall_seconds"])), "input.yaml")
        go()
        report = subprocess.run([saltus, "analyze", folder / "out", "--json"], check=True, capture_output=True, text=True)
        report = json.loads(report.stdout)
    r_hat = max(row["r_hat"] or 9 for row in report["observables"] if row["ess_bulk"] is not None)
    return report["hidden"]["peptide_bonds"], r_hat


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", default="target/release/saltus")
    parser.add_argument("--sequences", nargs="*", default="ACE-PRO-NME AP GP LPEM GPGP".split())
    parser.add_argument("--solvent", default="obc1")
    parser.add_argument("--minutes", type=float, default=1.0, help="of every run")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| peptide | bond | flips: cis, % | changes | R-hat | draws and exchange: cis, % | changes | R-hat | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for sequence in arguments.sequences:
        flips, flips_r_hat = run(arguments.saltus, sequence, arguments.solvent, FLIPS, "", 32, arguments.minutes, arguments.seed)
        draws, draws_r_hat = run(arguments.saltus, sequence, arguments.solvent, DRAWS, LADDER, 10, arguments.minutes, arguments.seed + 1)
        for a, b in zip(flips, draws):
            if not a["is_tertiary"]:
                continue
            shown = lambda bond: f"{100 * bond['cis_share']:.2f} ± {100 * (bond['mcse'] or 0):.2f}"
            error = ((a["mcse"] or 0) ** 2 + (b["mcse"] or 0) ** 2) ** 0.5
            z = (a["cis_share"] - b["cis_share"]) / error if error else float("nan")
            print(
                f"| {sequence} | {a['name']} before {a['before']} | {shown(a)} | {a['transitions']} | {flips_r_hat:.3f} | {shown(b)} | "
                f"{b['transitions']} | {draws_r_hat:.3f} | {z:+.1f} σ |",
                flush=True,
            )


if __name__ == "__main__":
    main()
