"""Draws the free energy over phi and psi from all trajectories of a run.

    python examples/plot_ramachandran.py out/alanine-dipeptide -o ramachandran.png

Needs mdtraj, tables, matplotlib, numpy (tests/python/requirements.txt has versions that work together).
"""

import argparse
import pathlib

import matplotlib
import mdtraj
import numpy
from mdtraj.formats import HDF5TrajectoryFile

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402, after the choice of the backend

BOLTZMANN_KJ_PER_MOL_K = 8.31446261815324e-3


def torsions_of(paths):
    """First phi and psi of every frame in degrees, and the mean temperature in K."""
    angles, temperatures = [], []
    for path in paths:
        trajectory = mdtraj.load(str(path))
        _, phi = mdtraj.compute_phi(trajectory)
        _, psi = mdtraj.compute_psi(trajectory)
        angles.append(numpy.degrees(numpy.stack([phi[:, 0], psi[:, 0]])))
        with HDF5TrajectoryFile(str(path)) as file:
            temperatures.append(file.read().temperature.mean())
    return numpy.hstack(angles), float(numpy.mean(temperatures))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path, help="output folder of `saltus run`")
    parser.add_argument("-o", "--output", default="ramachandran.png", help="picture to write (png, svg, pdf)")
    parser.add_argument("--title", default="")
    arguments = parser.parse_args()
    paths = sorted(arguments.directory.glob("trajectory_*.h5"))
    if not paths:
        parser.error("there is no trajectory_*.h5 in that folder")
    (phi, psi), temperature = torsions_of(paths)
    edges = numpy.linspace(-180, 180, 73)
    counts, _, _ = numpy.histogram2d(phi, psi, bins=[edges, edges])
    with numpy.errstate(divide="ignore"):
        energy = -BOLTZMANN_KJ_PER_MOL_K * temperature * numpy.log(counts.T / counts.max())
    energy[~numpy.isfinite(energy)] = numpy.nan
    figure, axes = pyplot.subplots(figsize=(5.2, 4.2), constrained_layout=True)
    mesh = axes.pcolormesh(edges, edges, energy, cmap="viridis", vmin=0, vmax=20)
    figure.colorbar(mesh, label="free energy (kJ/mol)")
    ticks = range(-180, 181, 60)
    axes.set(xlabel="φ (degrees)", ylabel="ψ (degrees)", xticks=ticks, yticks=ticks, aspect="equal", title=arguments.title)
    figure.savefig(arguments.output, dpi=110)
    print(f"{phi.size} frames, phi > 0 in {100 * (phi > 0).mean():.2f} %: {arguments.output}")


if __name__ == "__main__":
    main()
