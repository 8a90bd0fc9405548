"""Share of cis peptide bonds before a proline, by OpenMM alone: the check of `saltus`'s flips by another program and another method.

Langevin dynamics cross the barrier of the peptide bond (some 60 kJ/mol) because a bias takes it away:
B(omega) = -height (1 - cos 2 omega) / 2 + fourth (1 - cos 4 omega) / 2. Frames are weighted with exp(B / kT), which is exact, and next to 1 where the bond is
flat. Several chains from both isomers; the error is that of the chains' means (jackknife of the ratio).

    python benches/openmm_cis.py --saltus target/release/saltus --sequence ACE-PRO-NME --nanoseconds 20
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import openmm
from openmm import app, unit
from openmm.app.internal.customgbforces import GBSAOBC2Force

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--saltus", default="target/release/saltus")
parser.add_argument("--sequence", default="ACE-PRO-NME")
parser.add_argument("--proline", type=int, default=2, help="number of the residue after the bond, caps counted")
parser.add_argument("--kelvin", type=float, default=310.0)
parser.add_argument("--chains", type=int, default=8)
parser.add_argument("--nanoseconds", type=float, default=5.0, help="of each chain")
parser.add_argument("--height", type=float, default=60.0, help="of the bias, kJ/mol")
parser.add_argument("--fourth", type=float, default=8.0, help="of its fourth harmonic, kJ/mol, which keeps omega off the slopes")
parser.add_argument("--seed", type=int, default=1)
arguments = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    pdb_file = pathlib.Path(folder) / "molecule.pdb"
    subprocess.run([arguments.saltus, "build", arguments.sequence, "-o", str(pdb_file)], check=True)
    pdb = app.PDBFile(str(pdb_file))
# GBSAOBCForce (OBC2) is native in OpenMM; the other models are interpreted there, and several times slower.
system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(
    pdb.topology, nonbondedMethod=app.NoCutoff, constraints=app.HBonds, hydrogenMass=3 * unit.amu, removeCMMotion=False
)
solvent = openmm.GBSAOBCForce()
solvent.setNonbondedMethod(openmm.GBSAOBCForce.NoCutoff)
nonbonded = next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce))
for index, (radius, scale) in enumerate(GBSAOBC2Force.getStandardParameters(pdb.topology)):
    solvent.addParticle(nonbonded.getParticleParameters(index)[0], radius, scale)
system.addForce(solvent)

residues = list(pdb.topology.residues())
before, after = residues[arguments.proline - 2], residues[arguments.proline - 1]
index = lambda residue, *names: next(a.index for a in residue.atoms() if a.name in names)
omega = [index(before, "CA", "CH3"), index(before, "C"), index(after, "N"), index(after, "CA")]
bias = openmm.CustomTorsionForce("-0.5*height*(1-cos(2*theta))+0.5*fourth*(1-cos(4*theta))")
bias.addGlobalParameter("height", arguments.height)
bias.addGlobalParameter("fourth", arguments.fourth)
bias.addTorsion(*omega, [])
bias.setForceGroup(1)
system.addForce(bias)

kt = (unit.MOLAR_GAS_CONSTANT_R * arguments.kelvin * unit.kelvin).value_in_unit(unit.kilojoule_per_mole)
every = 100
TIMESTEP_PS = 0.004
sums = []
changes = 0
for chain in range(arguments.chains):
    integrator = openmm.LangevinMiddleIntegrator(arguments.kelvin, 1.0, TIMESTEP_PS)
    integrator.setRandomNumberSeed(arguments.seed + chain)
    simulation = app.Simulation(pdb.topology, system, integrator, openmm.Platform.getPlatformByName("CPU"), {"Threads": "1"})
    simulation.context.setPositions(pdb.positions)
    simulation.minimizeEnergy()
    simulation.context.setVelocitiesToTemperature(arguments.kelvin, arguments.seed + chain)
    simulation.step(25_000)
    weights, is_cis = [], []
    for _ in range(int(arguments.nanoseconds * 1e3 / TIMESTEP_PS / every)):
        simulation.step(every)
        state = simulation.context.getState(getPositions=True, getEnergy=True, groups={1})
        x = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)[omega]
        b1, b2, b3 = x[1] - x[0], x[2] - x[1], x[3] - x[2]
        normal = np.cross(b2, b3)
        angle = np.arctan2(np.linalg.norm(b2) * b1 @ normal, np.cross(b1, b2) @ normal)
        weights.append(np.exp(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole) / kt))
        is_cis.append(abs(angle) < np.pi / 2)
    weights, is_cis = np.array(weights), np.array(is_cis)
    flat = weights > 0.3
    changes += int(np.abs(np.diff(is_cis[flat].astype(int))).sum())
    sums.append([(weights * is_cis).sum(), weights.sum()])
    print(f"chain {chain}: {100 * sums[-1][0] / sums[-1][1]:.2f} % cis, {changes} changes so far", flush=True)
sums = np.array(sums)
share = sums[:, 0].sum() / sums[:, 1].sum()
left_out = (sums[:, 0].sum() - sums[:, 0]) / (sums[:, 1].sum() - sums[:, 1])
n = len(sums)
error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
print(f"{arguments.sequence}, OBC2, {arguments.kelvin} K, OpenMM {openmm.__version__}: {100 * share:.2f} +- {100 * error:.2f} % cis, "
      f"{changes} changes in {arguments.chains} x {arguments.nanoseconds} ns")
