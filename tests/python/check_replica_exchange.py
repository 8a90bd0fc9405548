"""Replica exchange of saltus against pymbar: one configurational heat capacity from MBAR and from energy fluctuations.

    python check_replica_exchange.py --saltus target/release/saltus

Runs a ladder of alanine dipeptide, all temperatures written, and checks that
* mean energies rise from rung to rung,
* the heat capacity at every temperature by MBAR over all rungs (pymbar 4) and by the fluctuations of that rung alone
  agree within their combined standard errors (4 of them), the latter from the scatter between independent ladders,
* the same test fails when the energies of one rung are planted with an error.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pymbar

GAS_CONSTANT = 8.31446261815324e-3  # kJ/mol/K
LADDER_KELVIN = [310.0, 345.0, 385.0, 430.0]
N_COPIES = 16
INPUT = """
system: {{sequence: ACE-ALA-NME, force_field: amber14, solvent: obc1}}
temperature_kelvin: {target}
replicas: {copies}
seed: 3
sampler:
  - hmc: {{steps: 12, timestep_fs: 1.5}}
  - torsion: {{kind: pair, proposal: uniform}}
replica_exchange: {{temperatures_kelvin: {ladder}, write: all}}
run: {{cycles: 6000, equilibration_cycles: 1000}}
output: {{directory: {directory}, every_cycles: 4}}
"""


def sample(saltus, directory):
    """Potential energies [rung][copy, frame] in kJ/mol."""
    source = directory / "ladder.yaml"
    source.write_text(
        INPUT.format(
            target=LADDER_KELVIN[0], copies=N_COPIES, ladder=LADDER_KELVIN, directory=directory / "out"
        )
    )
    subprocess.run([saltus, "run", source, "--quiet"], check=True)
    energies = {temperature: [] for temperature in LADDER_KELVIN}
    for path in sorted((directory / "out").glob("trajectory_*.h5")):
        with h5py.File(path) as file:
            temperature = bath_temperature(file)
            energies[min(LADDER_KELVIN, key=lambda rung: abs(rung - temperature))].append(file["potentialEnergy"][:])
    assert all(len(files) == N_COPIES for files in energies.values()), {k: len(v) for k, v in energies.items()}
    return [np.array(energies[temperature], dtype=float) for temperature in LADDER_KELVIN]


def bath_temperature(file):
    return float(file["saltus"].attrs["temperature_kelvin"])


def fluctuation_heat_capacity(energies, temperature):
    """Var(U)/(R T²) and its standard error, from the copies as independent samples."""
    centre = energies.mean()
    per_copy = ((energies - centre) ** 2).mean(axis=1) / (GAS_CONSTANT * temperature**2)
    return per_copy.mean(), per_copy.std(ddof=1) / np.sqrt(len(per_copy))


def mbar_heat_capacity(all_energies, temperature):
    """Var(U)/(R T²) at a temperature by MBAR over all rungs; the error by the scatter between four groups of copies."""

    def estimate(groups):
        pooled = np.concatenate([group.ravel() for group in groups])
        beta = 1.0 / (GAS_CONSTANT * np.array(LADDER_KELVIN))
        mbar = pymbar.MBAR(beta[:, None] * pooled[None, :], [group.size for group in groups])
        reduced = pooled / (GAS_CONSTANT * temperature)
        mean = mbar.compute_expectations(pooled, u_kn=reduced)["mu"][0]
        square = mbar.compute_expectations((pooled - mean) ** 2, u_kn=reduced)["mu"][0]
        return float(square) / (GAS_CONSTANT * temperature**2)

    parts = [estimate([energies[start::4, ::4] for energies in all_energies]) for start in range(4)]
    return np.mean(parts), np.std(parts, ddof=1) / 2.0


def failures(all_energies):
    """What is wrong with the energies, in words; empty if nothing."""
    found = []
    means = [energies.mean() for energies in all_energies]
    if not all(low < high for low, high in zip(means, means[1:])):
        found.append(f"mean energies do not rise with temperature: {means}")
    for temperature, energies in zip(LADDER_KELVIN, all_energies):
        fluctuation, fluctuation_error = fluctuation_heat_capacity(energies, temperature)
        mbar, mbar_error = mbar_heat_capacity(all_energies, temperature)
        error = np.hypot(fluctuation_error, mbar_error)
        line = (
            f"{temperature:.0f} K: mean energy {energies.mean():9.3f} kJ/mol, heat capacity in kJ/mol/K by fluctuations "
            f"{fluctuation:.3f} +- {fluctuation_error:.3f}, by MBAR {mbar:.3f} +- {mbar_error:.3f}"
        )
        print(line)
        if abs(fluctuation - mbar) > 4 * error:
            found.append(f"heat capacities disagree: {line}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", default="target/release/saltus")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        all_energies = sample(Path(arguments.saltus).resolve(), Path(directory))
    found = failures(all_energies)
    print("planted: energies of one rung stretched by 15 %")
    planted = [energies.copy() for energies in all_energies]
    planted[1] = planted[1].mean() + 1.15 * (planted[1] - planted[1].mean())
    if not failures(planted):
        found.append("the planted error was not noticed")
    for failure in found:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
