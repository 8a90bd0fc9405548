"""Writes tests/data/foreign: peptides with residues that only a user's XML file knows, as PDB files with CONECT, and OpenMM's energies.

    pip install -r tests/scripts/requirements.txt
    python tests/scripts/make_foreign_residue_references.py

AIB is 2-methylalanine; LYL and ASL are lysine and aspartate joined by an amide between their side chains. Charges and types are put
together from ff14SB's for this test alone: no parametrisation of these residues.
"""

import io
import json
from pathlib import Path

import numpy as np
import openmm
from openmm import app

import make_openmm_references as tools

OUTPUT = Path(__file__).parent.parent / "data" / "foreign"
# Name, element, type and charge of every atom; bonds; atoms with bonds to other residues.
RESIDUES = {
    "AIB": (
        "N:N:-0.4157 H:H:0.2719 CA:CT:0.1 CB1:CT:-0.2 HB11:HC:0.07 HB12:HC:0.07 HB13:HC:0.07 CB2:CT:-0.2 HB21:HC:0.07 HB22:HC:0.07 "
        "HB23:HC:0.07 C:C:0.5973 O:O:-0.5735",
        "N-H N-CA CA-CB1 CB1-HB11 CB1-HB12 CB1-HB13 CA-CB2 CB2-HB21 CB2-HB22 CB2-HB23 CA-C C-O", "N C",
    ),
    "LYL": (
        "N:N:-0.4157 H:H:0.2719 CA:CX:-0.01 HA:H1:0.08 CB:CT:-0.1 HB2:HC:0.05 HB3:HC:0.05 CG:CT:-0.1 HG2:HC:0.05 HG3:HC:0.05 "
        "CD:CT:-0.1 HD2:HC:0.05 HD3:HC:0.05 CE:CT:-0.03 HE2:H1:0.05 HE3:H1:0.05 NZ:N:-0.4157 HZ1:H:0.2719 C:C:0.5973 O:O:-0.5735",
        "N-H N-CA CA-HA CA-CB CB-HB2 CB-HB3 CB-CG CG-HG2 CG-HG3 CG-CD CD-HD2 CD-HD3 CD-CE CE-HE2 CE-HE3 CE-NZ NZ-HZ1 CA-C C-O",
        "N NZ C",
    ),
    "ASL": (
        "N:N:-0.4157 H:H:0.2719 CA:CX:0.03 HA:H1:0.08 CB:CT:-0.1 HB2:HC:0.05 HB3:HC:0.05 CG:C:0.5973 OD1:O:-0.5735 C:C:0.5973 O:O:-0.5735",
        "N-H N-CA CA-HA CA-CB CB-HB2 CB-HB3 CB-CG CG-OD1 CA-C C-O", "N CG C",
    ),
}
SYSTEMS = {
    "aib": (["ACE", "AIB", "ALA", "AIB", "NME"], []),
    "lactam": (["ACE", "LYL", "ALA", "GLY", "ASL", "NME"], [((0, 1, "NZ"), (0, 4, "CG"))]),
}


def xml():
    lines = ["<ForceField>", " <Residues>"]
    for name, (atoms, bonds, external) in RESIDUES.items():
        lines.append(f'  <Residue name="{name}">')
        for atom in atoms.split():
            label, kind, charge = atom.split(":")
            lines.append(f'   <Atom name="{label}" type="protein-{kind}" charge="{charge}"/>')
        for bond in bonds.split():
            first, second = bond.split("-")
            lines.append(f'   <Bond atomName1="{first}" atomName2="{second}"/>')
        lines += [f'   <ExternalBond atomName="{atom}"/>' for atom in external.split()]
        lines.append("  </Residue>")
    return "\n".join([*lines, " </Residues>", "</ForceField>", ""])


class Template:
    def __init__(self, atoms, bonds):
        self.atoms = [(atom.split(":")[0], atom[0]) for atom in atoms.split()]
        self.bonds = [tuple(bond.split("-")) for bond in bonds.split()]


def field():
    return app.ForceField("amber14/protein.ff14SB.xml", io.StringIO(xml()))


def minimised(topology, positions):
    system = field().createSystem(topology, nonbondedMethod=app.NoCutoff)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=3000)
    return context.getState(getPositions=True).getPositions()


def evaluate(topology, positions):
    system = field().createSystem(topology, nonbondedMethod=app.NoCutoff, removeCMMotion=False)
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    energy = lambda group: context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value
    return {
        "made_by": f"tests/scripts/make_foreign_residue_references.py, OpenMM {openmm.version.full_version}, Reference platform",
        "terms_kj_per_mol": {tools.TERMS[f.getName()]: round(energy(g), 8) for g, f in enumerate(system.getForces())},
        "forces_kj_per_mol_per_nm": np.round(context.getState(getForces=True).getForces(asNumpy=True)._value, 4).tolist(),
    }


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "residues.xml").write_text(xml())
    tools.PARENT.update(AIB="ALA", LYL="LYS", ASL="ASP")
    templates = tools.read_templates()
    templates.update({name: Template(atoms, bonds) for name, (atoms, bonds, _) in RESIDUES.items()})
    for number, (name, (chain, links)) in enumerate(SYSTEMS.items()):
        generator = np.random.default_rng(number)
        topology, residues = tools.build_topology([chain], [], links, templates, "template", generator)
        positions = minimised(topology, tools.place(topology, residues, generator))
        path = OUTPUT / f"{name}.pdb"
        with path.open("w") as file:
            app.PDBFile.writeFile(topology, positions, file, keepIds=True)
        # Energies of what the file holds, rounded to 0.001 angstrom.
        rounded = app.PDBFile(str(path)).positions
        (OUTPUT / f"{name}.json").write_text(json.dumps(evaluate(topology, rounded), separators=(",", ":")) + "\n")
        print(name, topology.getNumAtoms(), evaluate(topology, rounded)["terms_kj_per_mol"])


if __name__ == "__main__":
    main()
