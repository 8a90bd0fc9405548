"""Energies and forces of prmtops by OpenMM's Reference platform, for tests/prmtop.

Usage: make_prmtop_references.py OPENMMTOOLS_DATA MADE OUT

OPENMMTOOLS_DATA is openmmtools/data of the package openmmtools 0.27.0 (MIT), MADE the folder of make_prmtops.py. OUT gets
NAME.json.gz: both files as text, and for every solvent the potential energy in kJ/mol, the energy of each force, and the
forces in kJ/mol/nm, in the order of the file.
"""

import gzip
import json
import pathlib
import sys
import warnings

import openmm
from openmm import app, unit

PACKAGE = {
    "alanine_dipeptide": "alanine-dipeptide-gbsa/alanine-dipeptide.prmtop alanine-dipeptide-gbsa/alanine-dipeptide.crd",
    "benzene_toluene": "benzene-toluene-implicit/complex.prmtop benzene-toluene-implicit/complex.inpcrd",
    "toluene": "benzene-toluene-implicit/solvent.prmtop benzene-toluene-implicit/solvent.inpcrd",
    "b2": "cb7-b2/ligand.prmtop cb7-b2/ligand.inpcrd",
    "cucurbituril_b2": "cb7-b2/complex-vacuum.prmtop cb7-b2/complex-vacuum.inpcrd",
    "cucurbituril_viologen": "cb7-viologen/leap/complex-vacuum.prmtop cb7-viologen/leap/complex-vacuum.inpcrd",
    "lysozyme_ligand": "T4-lysozyme-L99A-implicit/ligand.prmtop T4-lysozyme-L99A-implicit/ligand.crd",
}
MADE = ("ff19sb", "cystine", "glycan", "dna", "chamber", "off_diagonal")
SOLVENTS = {"vacuum": None, "hct": app.HCT, "obc1": app.OBC1, "obc2": app.OBC2, "gbn": app.GBn, "gbn2": app.GBn2}
KJ = unit.kilojoule_per_mole


def reference(prmtop: app.AmberPrmtopFile, positions, solvent, salt: float) -> dict | str:
    """OpenMM's numbers, or why it has none (radii that the neck tables do not cover)."""
    try:
        with warnings.catch_warnings():
            # Radii made for another model are what the file has.
            warnings.simplefilter("ignore")
            system = prmtop.createSystem(
                implicitSolvent=solvent,
                implicitSolventSaltConc=salt * unit.molar,
                temperature=300.0 * unit.kelvin,
                rigidWater=False,
                removeCMMotion=False,
            )
    except ValueError as error:
        return str(error)
    names = []
    for index, force in enumerate(system.getForces()):
        force.setForceGroup(index)
        names.append(force.getName())
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    energies: dict[str, float] = {}
    for index, name in enumerate(names):
        energy = context.getState(getEnergy=True, groups={index}).getPotentialEnergy().value_in_unit(KJ)
        energies[name] = round(energies.get(name, 0.0) + energy, 8)
    state = context.getState(getEnergy=True, getForces=True)
    forces = state.getForces().value_in_unit(KJ / unit.nanometer)
    return {
        "ionic_strength_molar": salt,
        "energies_kj_per_mol": energies,
        "potential_energy_kj_per_mol": round(state.getPotentialEnergy().value_in_unit(KJ), 8),
        "forces_kj_per_mol_per_nm": [[round(x, 5) for x in force] for force in forces],
    }


def bundle(prmtop_path: pathlib.Path, inpcrd_path: pathlib.Path) -> dict:
    prmtop = app.AmberPrmtopFile(str(prmtop_path))
    coordinates = app.AmberInpcrdFile(str(inpcrd_path))
    heavy = prmtop.createSystem(constraints=app.HBonds, hydrogenMass=1.5 * unit.dalton, rigidWater=False)
    masses = [heavy.getParticleMass(i).value_in_unit(unit.dalton) for i in range(heavy.getNumParticles())]
    references = {
        name: reference(prmtop, coordinates.positions, solvent, 0.0) for name, solvent in SOLVENTS.items()
    }
    references["obc2_salt"] = reference(prmtop, coordinates.positions, app.OBC2, 0.1)
    return {
        "atoms": [[a.name, a.residue.name, a.element.symbol] for a in prmtop.topology.atoms()],
        "bonds": sorted(sorted((a.index, b.index)) for a, b in prmtop.topology.bonds()),
        "rigid_lengths_nm": [
            heavy.getConstraintParameters(i)[2].value_in_unit(unit.nanometer) for i in range(heavy.getNumConstraints())
        ],
        "heavy_masses_da": masses,
        "references": references,
        "prmtop": prmtop_path.read_text(),
        "inpcrd": inpcrd_path.read_text(),
    }


def main() -> None:
    package, made, out = (pathlib.Path(path) for path in sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    files = {name: [package / path for path in paths.split()] for name, paths in PACKAGE.items()}
    files |= {name: [made / f"{name}.prmtop", made / f"{name}.inpcrd"] for name in MADE}
    for name, paths in files.items():
        text = json.dumps(bundle(*paths))
        # Without name and time in its header the same data make the same file.
        (out / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
