"""Whether `saltus sample` claims no more than it has: its means and errors at many seeds against reference ensembles.

    python benches/stopping.py SALTUS [--seeds 20] [--ess 400] [--first 1] [--molecules ALA,AY,GP]

Each molecule is sampled with seeds FIRST, FIRST + 1, ... until `sample` is content. For every observable that the reference of
`data/reference` has: z, the deviation of a run's mean from the reference's over the error of both. Rules, fixed beforehand: of all z at least
63 % within 1 and 93 % within 2 (of a normal distribution 68.3 and 95.4), none beyond 5; no bias of stopping by looking, which is the mean over the
seeds of every observable within 4 of its standard errors (their scatter, and the reference's error) of the reference. Every run has to say that
it is as accurate as asked for. Wall clock and smallest ESS are printed: runs stop at looks, so that they have more than was asked for.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy

REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "data" / "reference"
MOLECULES = {"ALA": ("ACE-ALA-NME", "alanine-dipeptide"), "AY": ("AY", "ay"), "GP": ("GP", "gp"), "AAAY": ("AAAY", "aaay")}


def sample(saltus, sequence, ess, seed, folder):
    start = time.monotonic()
    call = [saltus, "sample", sequence, "--ess", str(ess), "--seed", str(seed), "-o", str(folder), "--quiet", "--json"]
    done = subprocess.run(call, capture_output=True, text=True)
    rows = json.loads(done.stdout)["observables"]
    return done.returncode, {row["name"]: row for row in rows}, time.monotonic() - start


def judge(name, reference, runs):
    """z of every run and observable, and of the means over the runs."""
    shared = [key for key in reference if reference[key]["mcse"] and all(rows.get(key, {}).get("mcse") for _, rows, _ in runs)]
    means = numpy.array([[rows[key]["mean"] for key in shared] for _, rows, _ in runs])
    errors = numpy.array([[rows[key]["mcse"] for key in shared] for _, rows, _ in runs])
    right = numpy.array([reference[key]["mean"] for key in shared])
    right_error = numpy.array([reference[key]["mcse"] for key in shared])
    z = (means - right) / numpy.hypot(errors, right_error)
    scatter = means.std(axis=0, ddof=1)
    bias = (means.mean(axis=0) - right) / numpy.hypot(scatter / len(runs) ** 0.5, right_error)
    ess = [min(row["ess_bulk"] for row in rows.values() if row["ess_bulk"]) for _, rows, _ in runs]
    seconds = [second for _, _, second in runs]
    within = [(abs(z) < limit).mean() for limit in (1, 2)]
    content = sum(code == 0 for code, _, _ in runs)
    worst = shared[int(abs(bias).argmax())]
    ratio = (scatter / errors.mean(axis=0)).mean()
    print(
        f"| {name} | {content} of {len(runs)} | {numpy.median(seconds):.1f} | {min(ess):.0f} to {max(ess):.0f} | {len(shared)} | {100 * within[0]:.1f} | "
        f"{100 * within[1]:.1f} | {abs(z).max():.1f} | {ratio:.2f} | {abs(bias).max():.1f} ({worst}) |",
        flush=True,
    )
    return content == len(runs) and within[0] >= 0.63 and within[1] >= 0.93 and abs(z).max() < 5 and abs(bias).max() < 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("saltus")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--ess", type=float, default=400)
    parser.add_argument("--molecules", default="ALA,AY,GP")
    arguments = parser.parse_args()
    print("| molecule | content | seconds, median | smallest ESS | observables | within 1 error, % | 2, % | largest | scatter over claimed error | bias, largest |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    is_honest = True
    for key in arguments.molecules.split(","):
        sequence, file = MOLECULES[key]
        rows = json.loads((REFERENCE / f"{file}.json").read_text())["observables"]
        with tempfile.TemporaryDirectory() as folder:
            seeds = range(arguments.first, arguments.first + arguments.seeds)
            paths = [pathlib.Path(folder) / str(seed) for seed in seeds]
            runs = [sample(arguments.saltus, sequence, arguments.ess, seed, path) for seed, path in zip(seeds, paths)]
        is_honest &= judge(sequence, {row["name"]: row for row in rows}, runs)
    print("kept" if is_honest else "BROKEN")
    sys.exit(not is_honest)


if __name__ == "__main__":
    main()
