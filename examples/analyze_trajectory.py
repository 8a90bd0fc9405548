"""Opens trajectories with MDTraj, MDAnalysis and deeptime and prints a few numbers of each.

    saltus run examples/alanine-dipeptide.yaml
    python examples/analyze_trajectory.py out/alanine-dipeptide

Needs mdtraj, tables, MDAnalysis, h5py, deeptime, numpy (tests/python/requirements.txt has versions that work together).
"""

import argparse
import pathlib

import deeptime
import MDAnalysis
import mdtraj
import numpy
from MDAnalysis.analysis.rms import RMSD
from mdtraj.formats import HDF5TrajectoryFile


def with_mdtraj(paths):
    """Torsions and energies; returns phi and psi of every replica in radians, `[n_frames, n_angles]` each."""
    torsions = []
    for path in paths:
        # MDTraj knows the file by its ending; topology, positions in nm, times in ps.
        trajectory = mdtraj.load(str(path))
        _, phi = mdtraj.compute_phi(trajectory)
        _, psi = mdtraj.compute_psi(trajectory)
        torsions.append(numpy.hstack([phi, psi]))
    with HDF5TrajectoryFile(str(paths[0])) as file:
        energies = file.read().potentialEnergy
    angles = numpy.vstack(torsions)
    print(f"MDTraj: {len(paths)} x {trajectory.n_frames} frames of {trajectory.n_atoms} atoms, {trajectory.time[-1]:.1f} ps")
    print(f"  potential energy of replica 0: {energies.mean():.1f} +- {energies.std():.1f} kJ/mol")
    print(f"  phi > 0 in {100 * (angles[:, 0] > 0).mean():.1f} % of all frames")
    return torsions


def with_mdanalysis(path):
    """Radius of gyration and RMSD of the first replica."""
    topology = path.parent / "topology.pdb"
    universe = MDAnalysis.Universe(str(topology), str(path), format="H5MD")
    radii = [universe.atoms.radius_of_gyration() for _ in universe.trajectory]
    rmsd = RMSD(universe, select="not element H").run().results.rmsd[:, 2]
    print(f"MDAnalysis: {universe.trajectory.n_frames} frames, residues {' '.join(universe.residues.resnames)}")
    print(f"  radius of gyration {numpy.mean(radii):.2f} A, heavy-atom RMSD to the first frame {rmsd.mean():.2f} A")


def with_deeptime(torsions, paths):
    """Slowest linear combination of the torsions' cosines and sines."""
    features = [numpy.hstack([numpy.cos(angles), numpy.sin(angles)]) for angles in torsions]
    times = mdtraj.load(str(paths[0])).time
    frame_ps = times[1] - times[0]
    # Pairs of frames are formed within a replica, never across two.
    dataset = deeptime.util.data.TrajectoriesDataset.from_numpy(lagtime=5, data=features)
    model = deeptime.decomposition.TICA(lagtime=5, dim=2).fit_from_timeseries(dataset).fetch_model()
    timescale = model.timescales(k=1)[0] * frame_ps
    print(f"deeptime: slowest TICA time scale {timescale:.1f} ps at a lag of {5 * frame_ps:.1f} ps")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path, help="output folder of `saltus run`")
    paths = sorted(parser.parse_args().directory.glob("trajectory_*.h5"))
    if not paths:
        parser.error("there is no trajectory_*.h5 in that folder")
    torsions = with_mdtraj(paths)
    with_mdanalysis(paths[0])
    with_deeptime(torsions, paths)


if __name__ == "__main__":
    main()
