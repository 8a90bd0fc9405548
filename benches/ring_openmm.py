"""The ensemble of a cyclic peptide by OpenMM's dynamics with replica exchange, against saltus: populations of every phi and psi.

    python benches/ring_openmm.py sample NAME --saltus SALTUS [--sequence S] [--start A.pdb ...] [--minutes M] [--seed N]
                                                        writes NAME.npz; run several, from different starts
    python benches/ring_openmm.py compare OUT A.npz B.npz ...                OUT: a folder of `saltus run`

OpenMM: ff14SB, OBC2, hydrogens of 3 Da, rigid bonds to hydrogen, Langevin (middle) of 4 fs at 5 /ps; exchange of neighbours every 1 ps
by this script. Eight rungs from 310 to 1000 K: at 596 K the side phi > 0 of an alanine in so small a ring is left about once in a
nanosecond, so a ladder that ends there learns nothing in a day. The coldest rung is compared, and the share of phi > 0 of every rung
printed. The replicas begin at the given structures in turn. The input for saltus is written beside the ensemble. Frames with a cis
peptide bond are left out on both sides, and counted. Rules, fixed beforehand: 12 bins of 30 degrees a torsion, bins with less than 0.5 % of both left out; error of a bin from
the scatter of independent parts (a ladder of OpenMM without its first tenth in six blocks, each chain of saltus); agreement is a mean
squared z below 1.6 and no |z| above 4.5.
"""

import argparse
import pathlib
import subprocess
import sys
import time

import mdtraj
import numpy
import openmm
from openmm import app, unit

KELVIN = [round(float(kelvin), 1) for kelvin in numpy.geomspace(310.0, 1000.0, 8)]
GAS = 0.00831446261815324
INPUT = """# Written by benches/ring_openmm.py.
system: {{sequence: "{sequence}", solvent: obc2, hydrogen_mass_da: 3, constraints: h-bonds}}
temperature_kelvin: 310
replicas: 16
seed: 5
sampler:
  - hmc: {{steps: 12, timestep_fs: 2.0, adapt: true, target_acceptance: 0.8, jitter: 0.5}}
  - concerted: {{repeats: 2}}
  - closed_leap: {{repeats: 6}}
  - torsion: {{kind: single, repeats: 2}}
replica_exchange: {{temperatures_kelvin: {kelvin}}}
run: {{cycles: {cycles}, equilibration_cycles: 4000}}
output: {{directory: {name}-saltus, every_cycles: 10}}
"""


def quartets(topology):
    """phi, psi and omega of every residue of a ring, as atom indices; by name."""
    residues = [{atom.name: atom.index for atom in residue.atoms} for residue in topology.residues]
    found = {}
    for index, one in enumerate(residues):
        before, after = residues[index - 1], residues[(index + 1) % len(residues)]
        found[f"phi_{index + 1}"] = [before["C"], one["N"], one["CA"], one["C"]]
        found[f"psi_{index + 1}"] = [one["N"], one["CA"], one["C"], after["N"]]
        found[f"omega_{index + 1}"] = [one["CA"], one["C"], after["N"], after["CA"]]
    return found


def torsions(trajectory):
    named = quartets(trajectory.topology)
    return list(named), mdtraj.compute_dihedrals(trajectory, list(named.values()), periodic=False)


class Ladder:
    """Replicas of one molecule at rising temperatures, stepped one after the other in one context."""

    def __init__(self, starts, seed):
        pdb = starts[0]
        system = app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc2.xml").createSystem(
            pdb.topology, hydrogenMass=3 * unit.amu, constraints=app.HBonds
        )
        self.integrator = openmm.LangevinMiddleIntegrator(310, 5.0, 0.004)
        self.integrator.setRandomNumberSeed(seed)
        platform = openmm.Platform.getPlatformByName("CPU")
        self.context = openmm.Context(system, self.integrator, platform, {"Threads": "1"})
        self.random = numpy.random.default_rng(seed)
        self.states = []
        for rung, kelvin in enumerate(KELVIN):
            self.context.setPositions(starts[rung % len(starts)].positions)
            self.context.setVelocitiesToTemperature(kelvin, int(self.random.integers(2**31)))
            self.states.append(self.context.getState(getPositions=True, getVelocities=True))
        self.energies = [0.0] * len(KELVIN)
        self.accepted = numpy.zeros(2)

    def step(self, n_steps):
        for rung, kelvin in enumerate(KELVIN):
            self.integrator.setTemperature(kelvin)
            self.context.setPositions(self.states[rung].getPositions(asNumpy=True))
            self.context.setVelocities(self.states[rung].getVelocities(asNumpy=True))
            self.integrator.step(n_steps)
            state = self.context.getState(getPositions=True, getVelocities=True, getEnergy=True)
            self.states[rung] = state
            self.energies[rung] = state.getPotentialEnergy()._value
        return numpy.array([state.getPositions(asNumpy=True)._value for state in self.states], dtype=numpy.float32)

    def exchange(self, first):
        """Swaps positions of neighbours by their energies; velocities are drawn anew, which any exchange may do."""
        for low in range(first, len(KELVIN) - 1, 2):
            difference = 1 / (GAS * KELVIN[low]) - 1 / (GAS * KELVIN[low + 1])
            log_ratio = difference * (self.energies[low] - self.energies[low + 1])
            is_accepted = numpy.log(self.random.uniform()) < log_ratio
            self.accepted += (is_accepted, 1)
            if is_accepted:
                swapped = []
                for rung, other in ((low, low + 1), (low + 1, low)):
                    self.context.setPositions(self.states[other].getPositions(asNumpy=True))
                    self.context.setVelocitiesToTemperature(KELVIN[rung], int(self.random.integers(2**31)))
                    swapped.append(self.context.getState(getPositions=True, getVelocities=True))
                self.states[low : low + 2] = swapped


def sample(arguments):
    path = pathlib.Path(arguments.name)
    start = path.with_suffix(".pdb")
    subprocess.run([arguments.saltus, "build", arguments.sequence, "-o", start, "--force", "--solvent", "obc2"], check=True)
    text = INPUT.format(sequence=arguments.sequence, kelvin=KELVIN, cycles=arguments.cycles, name=path.name)
    path.with_suffix(".yaml").write_text(text)
    ladder = Ladder([app.PDBFile(str(file)) for file in arguments.start or [start]], arguments.seed)
    topology = mdtraj.load(str(start)).topology
    frames, until, sweep = [], time.monotonic() + 60 * arguments.minutes, 0
    while time.monotonic() < until:
        frames.append(ladder.step(250))
        ladder.exchange(sweep % 2)
        sweep += 1
        if sweep % 1000 == 0:
            save(path, topology, frames, ladder)
    save(path, topology, frames, ladder)


def save(path, topology, frames, ladder):
    rungs = []
    for rung in range(len(KELVIN)):
        names, values = torsions(mdtraj.Trajectory(numpy.array([frame[rung] for frame in frames]), topology))
        rungs.append(values)
    numpy.savez(path.with_suffix(".npz"), names=names, torsions=rungs[0], rungs=numpy.array(rungs, dtype=numpy.float32))
    accepted, tried = ladder.accepted
    centres = [dict((atom.name, atom.index) for atom in residue.atoms) for residue in topology.residues if residue.name != "GLY"]
    corners = [[one["N"], one["CA"], one["C"], one["CB"]] for one in centres]
    chirality = mdtraj.compute_dihedrals(mdtraj.Trajectory(frames[-1], topology), corners, periodic=False)
    assert (chirality < 0).all() or (chirality > 0).all(), "a stereocentre was inverted"
    shares = [f"{100 * (values[len(values) // 10 :, names.index('phi_1')] > 0).mean():.1f}" for values in rungs]
    print(f"{len(frames)} frames of 1 ps, exchanges accepted {accepted / tried:.3f}; phi_1 > 0 by rung, %: {' '.join(shares)}", flush=True)


def populations(names, parts):
    """Mean and error of the bins of every torsion over independent parts; fraction of frames with a cis bond."""
    omega = [index for index, name in enumerate(names) if name.startswith("omega")]
    kept, n_cis, n_all = [], 0, 0
    for part in parts:
        is_trans = (numpy.cos(part[:, omega]) < 0).all(axis=1)
        n_cis, n_all = n_cis + (~is_trans).sum(), n_all + len(part)
        kept.append(part[is_trans])
    rows = {}
    for index, name in enumerate(names):
        if index not in omega:
            edges = numpy.linspace(-numpy.pi, numpy.pi, 13)
            shares = numpy.array([numpy.histogram(part[:, index], edges)[0] / max(1, len(part)) for part in kept])
            rows[name] = shares.mean(axis=0), shares.std(axis=0, ddof=1) / numpy.sqrt(len(shares))
    return rows, n_cis / n_all


def compare(arguments):
    parts = []
    for path in arguments.ensembles:
        content = numpy.load(path)
        names, values = list(content["names"]), content["torsions"]
        parts += numpy.array_split(values[len(values) // 10 :], 6)
    chains = [torsions(mdtraj.load(str(path))) for path in sorted(pathlib.Path(arguments.out).glob("trajectory_*.h5"))]
    assert all(chain[0] == names for chain in chains)
    theirs, cis_theirs = populations(names, parts)
    ours, cis_ours = populations(names, [chain[1] for chain in chains])
    print(f"OpenMM: {sum(map(len, parts))} frames in {len(parts)} parts, {100 * cis_theirs:.2f} % with a cis bond")
    print(f"saltus: {sum(len(chain[1]) for chain in chains)} frames in {len(chains)} chains, {100 * cis_ours:.2f} % with a cis bond")
    print("| torsion | bins | mean z^2 | largest abs z | mean error of OpenMM, saltus (%) |\n|---|---|---|---|---|")
    scores = []
    for name in ours:
        (a, a_error), (b, b_error) = theirs[name], ours[name]
        used = (a > 0.005) | (b > 0.005)
        z = (a - b)[used] / numpy.hypot(a_error, b_error)[used]
        scores += list(z)
        print(
            f"| {name} | {used.sum()} | {(z**2).mean():.2f} | {abs(z).max():.1f} | {100 * a_error[used].mean():.2f}, "
            f"{100 * b_error[used].mean():.2f} |"
        )
    scores = numpy.array(scores)
    print(f"all: {len(scores)} bins, mean z^2 {(scores**2).mean():.2f}, largest |z| {abs(scores).max():.1f}")
    sys.exit(int((scores**2).mean() > 1.6 or abs(scores).max() > 4.5))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(required=True)
    task = tasks.add_parser("sample")
    task.set_defaults(do=sample)
    task.add_argument("name")
    task.add_argument("--saltus", default="target/release/saltus")
    task.add_argument("--sequence", default="cyclo(AGGGG)")
    task.add_argument("--start", nargs="+", help="PDB files in the atom order of the built one")
    task.add_argument("--minutes", type=float, default=60.0)
    task.add_argument("--cycles", type=int, default=15000)
    task.add_argument("--seed", type=int, default=1)
    task = tasks.add_parser("compare")
    task.set_defaults(do=compare)
    task.add_argument("out")
    task.add_argument("ensembles", nargs="+")
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
