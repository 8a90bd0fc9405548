"""Symmetries that an ensemble must have: what no reference is needed for.

    python benches/ring_symmetry.py OUT [--mirror]            a ring of equal residues under cyclic shift; of glycines also under reflection
    python benches/ring_symmetry.py OUT --twin OTHER          a peptide of D residues against its L twin: phi and psi with the other sign

OUT and OTHER are folders of `saltus run`. Populations of phi and psi in 12 bins of 30 degrees; bins with less than 0.5 % are left out; errors
from the scatter of the replicas, each a chain of its own. Fixed beforehand: the symmetry holds if the mean squared z is below 1.6 and no |z|
above 4.5.
"""

import argparse
import pathlib
import sys

import mdtraj
import numpy

EDGES = numpy.linspace(-numpy.pi, numpy.pi, 13)


def quartets(topology, is_ring):
    """Atoms of phi and psi of every residue that has both, `[residue, 2, 4]`."""
    residues = [{atom.name: atom.index for atom in residue.atoms} for residue in topology.residues]
    found = []
    for index, one in enumerate(residues):
        before = residues[index - 1] if index or is_ring else {}
        after = residues[(index + 1) % len(residues)] if index + 1 < len(residues) or is_ring else {}
        if "CA" in one and "C" in before and "N" in after:
            found.append([[before["C"], one["N"], one["CA"], one["C"]], [one["N"], one["CA"], one["C"], after["N"]]])
    return found


def histograms(folder, is_ring):
    """Populations, `[replica, residue, 2, bin]`, and the fraction of frames with a cis peptide bond in them."""
    chains = []
    for path in sorted(pathlib.Path(folder).glob("trajectory_*.h5")):
        frames = mdtraj.load(str(path))
        atoms = numpy.array(quartets(frames.topology, is_ring))
        angles = mdtraj.compute_dihedrals(frames, atoms.reshape(-1, 4), periodic=False)
        counts = [numpy.histogram(column, EDGES)[0] / len(frames) for column in angles.T]
        chains.append(numpy.array(counts).reshape(len(atoms), 2, 12))
    return numpy.array(chains)


def scores(differences, populations):
    """z of every bin that is populated, from differences within each chain."""
    error = differences.std(axis=0, ddof=1) / numpy.sqrt(len(differences))
    used = (populations > 0.005) & (error > 0)
    return (differences.mean(axis=0)[used] / error[used]).ravel(), 100 * error[used].mean()


def report(name, z, error):
    mean, largest = (z**2).mean(), abs(z).max()
    is_kept = mean < 1.6 and largest < 4.5
    print(f"{name}: {len(z)} bins, mean z^2 {mean:.2f}, largest |z| {largest:.1f}, mean error {error:.2f} %: {'kept' if is_kept else 'BROKEN'}")
    return is_kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--mirror", action="store_true")
    parser.add_argument("--twin")
    arguments = parser.parse_args()
    ours = histograms(arguments.out, arguments.twin is None)
    print(f"{arguments.out}: {len(ours)} chains of {ours.shape[1]} residues")
    results = []
    if arguments.twin:
        twins = histograms(arguments.twin, False)[..., ::-1]
        error = numpy.hypot(*(part.std(axis=0, ddof=1) / numpy.sqrt(len(part)) for part in (ours, twins)))
        difference = ours.mean(axis=0) - twins.mean(axis=0)
        used = (ours.mean(axis=0) > 0.005) | (twins.mean(axis=0) > 0.005)
        results.append(report("mirror image of the twin", (difference / error)[used], 100 * error[used].mean()))
    else:
        shared = ours.mean(axis=1, keepdims=True)
        results.append(report("cyclic shift", *scores(ours - shared, numpy.broadcast_to(shared.mean(axis=0), ours.shape[1:]))))
    if arguments.mirror:
        halves = (ours - ours[..., ::-1])[..., :6]
        results.append(report("reflection", *scores(halves, ours.mean(axis=0)[..., :6])))
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
