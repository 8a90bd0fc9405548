"""Writes tests/data/pdb/openmm/*.json: what OpenMM computes for the PDB files beside them, atoms in the order of the file.

    pip install -r tests/scripts/requirements.txt
    python tests/scripts/make_pdb_references.py [--make-files]

`--make-files` makes the PDB files too: `scrambled.pdb`, every residue's atoms in random order, and `pdbfixer.pdb`, hydrogens by
PDBFixer on heavy atoms alone, both of one sequence. Energies in kJ/mol, forces in kJ/mol/nm, amber14 with obc1, Reference platform.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
import openmm
import pdbfixer
from openmm import app, unit

FOLDER = Path(__file__).parent.parent / "data" / "pdb" / "openmm"
START = FOLDER / "start.pdb"
TERMS = {
    "HarmonicBondForce": "bond",
    "HarmonicAngleForce": "angle",
    "PeriodicTorsionForce": "torsion",
    "NonbondedForce": "nonbonded",
    "CustomGBForce": "implicit_solvent",
}


def reference(path):
    pdb = app.PDBFile(str(path))
    reader = app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc1.xml")
    system = reader.createSystem(pdb.topology, nonbondedMethod=app.NoCutoff, removeCMMotion=False, sasaMethod="ACE")
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(pdb.positions)
    terms = {
        TERMS[force.getName()]: context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value
        for group, force in enumerate(system.getForces())
    }
    forces = context.getState(getForces=True).getForces(asNumpy=True)._value
    return {
        "made_by": f"tests/scripts/make_pdb_references.py, OpenMM {openmm.version.full_version}, Reference platform",
        "atoms": [f"{line[17:20].strip()} {int(line[22:26])} {line[12:16].strip()}" for line in atom_lines(path.read_text())],
        "terms_kj_per_mol": {name: round(value, 8) for name, value in terms.items()},
        "forces_kj_per_mol_per_nm": [[round(value, 4) for value in force] for force in forces.tolist()],
    }


def atom_lines(text):
    return [line for line in text.splitlines() if line.startswith(("ATOM", "HETATM"))]


def scrambled(text, generator):
    """Atom lines in random order within their residues, coordinates off by up to 0.1 angstrom."""
    residues = {}
    for line in atom_lines(text):
        residues.setdefault(line[21:27], []).append(line)
    lines = []
    for members in residues.values():
        for index in generator.permutation(len(members)):
            line = members[index]
            position = [float(line[start : start + 8]) + generator.uniform(-0.1, 0.1) for start in (30, 38, 46)]
            lines.append(line[:30] + "".join(f"{value:8.3f}" for value in position) + line[54:])
    return "\n".join(f"{line[:6]}{serial:5d}{line[11:]}" for serial, line in enumerate(lines, 1)) + "\nEND\n"


def make_files():
    text = START.read_text()
    (FOLDER / "scrambled.pdb").write_text(scrambled(text, np.random.default_rng(1)))
    heavy = "\n".join(line for line in atom_lines(text) if line[76:78].strip() != "H") + "\nEND\n"
    fixer = pdbfixer.PDBFixer(pdbfile=io.StringIO(heavy))
    fixer.addMissingHydrogens(7.0)
    with open(FOLDER / "pdbfixer.pdb", "w") as file:
        app.PDBFile.writeFile(fixer.topology, fixer.positions, file, keepIds=True)


def main(arguments):
    if "--make-files" in arguments:
        make_files()
    for path in sorted(FOLDER.glob("*.pdb")):
        found = reference(path)
        path.with_suffix(".json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
        print(path.name, len(found["atoms"]), found["terms_kj_per_mol"], sum(found["terms_kj_per_mol"].values()))


if __name__ == "__main__":
    main(sys.argv[1:])
