"""Steps per second of one OpenMM simulation on a GPU, and the ratio to saltus' aggregate on the same card.

    cargo bench --bench gpu_throughput -- --peak-tflops 60
    python benches/openmm_cuda.py --saltus-results benches/results/gpu_throughput_DATE_ADAPTER.json

OpenMM as in benches/openmm_comparison.py: ff14SB, flexible bonds, no cutoff, Langevin middle, 1 fs, 310 K, `GBSAOBCForce`.
The platform is CUDA unless --platform says otherwise; where it is missing the script says which there are, and fails.
Needs openmm with its CUDA plugin (`pip install openmm[cuda12]`).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from openmm_comparison import openmm_context


def steps_per_second(pdb, platform, seconds):
    context, integrator = openmm_context(pdb, platform, 1)

    def spell(seconds):
        start, n_steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            integrator.step(500)
            # Asking for the state waits for steps that are only queued.
            context.getState().getTime()
            n_steps += 500
        return n_steps / (time.perf_counter() - start)

    spell(seconds / 5)
    return max(spell(seconds / 3) for _ in range(3))


def available_platforms():
    import openmm

    return [openmm.Platform.getPlatform(index).getName() for index in range(openmm.Platform.getNumPlatforms())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus-results", required=True, help="JSON of the benchmark gpu_throughput")
    parser.add_argument("--saltus", default="target/release/saltus", help="program that builds the molecules")
    parser.add_argument("--platform", default="CUDA")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--output", help="JSON file for the ratios")
    arguments = parser.parse_args()
    if arguments.platform not in available_platforms():
        sys.exit(f"OpenMM has no platform {arguments.platform} here, only {', '.join(available_platforms())}")

    results = json.loads(pathlib.Path(arguments.saltus_results).read_text())
    best = {}
    for row in results["rows"]:
        known = best.get(row["sequence"])
        if known is None or row["replica_steps_per_second"] > known["replica_steps_per_second"]:
            best[row["sequence"]] = row
    rows = []
    print(f"saltus on {results['adapter']['name']}, OpenMM on its platform {arguments.platform}")
    with tempfile.TemporaryDirectory() as folder:
        for sequence, row in best.items():
            pdb = str(pathlib.Path(folder) / f"{sequence}.pdb")
            subprocess.run([arguments.saltus, "build", sequence, "-o", pdb], check=True, capture_output=True)
            rate = steps_per_second(pdb, arguments.platform, arguments.seconds)
            ratio = row["replica_steps_per_second"] / rate
            rows.append({"sequence": sequence, "n_atoms": row["n_atoms"], "n_replicas": row["n_replicas"],
                         "openmm_steps_per_second": rate, "ratio": ratio})
            print(f"{sequence:24s} {row['n_atoms']:4d} atoms: OpenMM {rate:10.0f} steps/s, "
                  f"saltus {row['replica_steps_per_second']:.3e} with {row['n_replicas']} replicas: {ratio:.1f} times")
    if arguments.output:
        content = {"platform": arguments.platform, "saltus": results["adapter"], "rows": rows}
        pathlib.Path(arguments.output).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
