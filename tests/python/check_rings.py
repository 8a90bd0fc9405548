"""Rings and D residues that `saltus build` writes: OpenMM, MDTraj and MDAnalysis open them, hands and peptide bonds are right, and the
energies are those of OpenMM's Reference platform.

    python tests/python/check_rings.py [--self-test] SALTUS

With --self-test OpenMM has another force field, which has to be found out.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import MDAnalysis
import mdtraj
import numpy as np
import openmm
from openmm import app

warnings.filterwarnings("ignore")
# Sequence, disulfides, indices of D residues.
CASES = [
    ("cyclo(RGDfV)", [], [3]),
    ("cyclo(GGGGGG)", [], []),
    ("cyclo(AAAAAA)", [], []),
    ("cyclo(fPVKLfPVKL)", [], [0, 5]),
    ("cyclo(CYS-ALA-GLY-DPN-PRO-CYS-LYS-GLY)", ["1,6"], [3]),
    ("cyclo(GLPVCGETCVGGTC)", ["5,9"], []),
    ("CYIQNCPLG", ["1,6"], []),
    ("ACE-DLE-DTH-DPR-DTR-DIL-NME", [], [1, 2, 3, 4, 5]),
]
TERMS = {"HarmonicBondForce": "bond", "HarmonicAngleForce": "angle", "PeriodicTorsionForce": "torsion", "NonbondedForce": "nonbonded"}


def run(*arguments):
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    assert result.returncode == 0, f"{arguments}: {result.stderr}"
    return result.stdout


def openmm_energies(pdb, force_field):
    system = app.ForceField(force_field).createSystem(pdb.topology)
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(pdb.positions)
    terms = {
        TERMS[force.getName()]: context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value
        for group, force in enumerate(system.getForces())
        if force.getName() in TERMS
    }
    return terms, context.getState(getForces=True).getForces(asNumpy=True)._value


def check_shape(path, d_residues):
    trajectory = mdtraj.load(str(path))
    x = trajectory.xyz[0]
    residues = [{atom.name: atom.index for atom in residue.atoms} for residue in trajectory.topology.residues]
    for index, atoms in enumerate(residues):
        if "CB" in atoms:
            n, c, cb = (x[atoms[name]] - x[atoms["CA"]] for name in ("N", "C", "CB"))
            assert (np.dot(n, np.cross(c, cb)) < 0) == (index in d_residues), f"{path.name}: hand of residue {index + 1}"
    bonds = {frozenset((a.index, b.index)) for a, b in trajectory.topology.bonds}
    quartets = [
        [one["CA"], one["C"], two["N"], two["CA"]]
        for one in residues
        for two in residues
        if "CA" in one and "CA" in two and frozenset((one["C"], two["N"])) in bonds
    ]
    omega = np.degrees(mdtraj.compute_dihedrals(trajectory, quartets)[0])
    assert np.all(np.abs(omega) > 130), f"{path.name}: {omega}"
    assert len(MDAnalysis.Universe(str(path)).select_atoms("protein")) == trajectory.n_atoms, path.name
    return len(bonds)


def main(self_test, saltus):
    field = "amber99sbildn.xml" if self_test else "amber14/protein.ff14SB.xml"
    with tempfile.TemporaryDirectory() as folder:
        for number, (sequence, disulfides, d_residues) in enumerate(CASES):
            path = Path(folder) / f"{number}.pdb"
            pairs = [part for pair in disulfides for part in ("--disulfide", pair)]
            run(saltus, "build", sequence, "-o", path, *pairs)
            pdb = app.PDBFile(str(path))
            n_bonds = check_shape(path, d_residues)
            assert n_bonds == pdb.topology.getNumBonds(), f"{sequence}: {n_bonds} bonds"
            config = path.with_suffix(".yaml")
            config.write_text(f"system: {{pdb: {path.name}, solvent: vacuum, minimize: false}}\n")
            report = json.loads(run(saltus, "energy", config, "--json", "--forces"))
            terms, forces = openmm_energies(pdb, field)
            worst = max(abs(report["terms_kj_per_mol"][name] - value) for name, value in terms.items())
            own = np.array(report["forces_kj_per_mol_per_nm"])
            force = np.abs(own - forces).max() / np.sqrt((forces**2).mean())
            is_same = worst < 1e-4 and force < 1e-5
            print(f"{sequence}: energies within {worst:.1e} kJ/mol, forces within {force:.1e}")
            assert is_same != self_test, f"{sequence}: {'not found out' if self_test else 'not those of OpenMM'}"


if __name__ == "__main__":
    main("--self-test" in sys.argv, sys.argv[-1])
