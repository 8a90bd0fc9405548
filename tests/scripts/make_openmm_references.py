"""Writes tests/data/openmm/*.json: energies and forces of peptides from OpenMM's Reference platform.

    pip install -r tests/scripts/requirements.txt
    python tests/scripts/make_openmm_references.py [NAME ...]

Molecules are put together from the force field's own residue templates (names, elements, bonds) and pdbfixer's heavy
atoms, minimised, and then every atom is displaced at random. Nothing here uses code of this project.
Angles are in degrees, lengths in nm, energies in kJ/mol.
"""

import io
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import openmm
import pdbfixer
from openmm import app, unit

OUTPUT = Path(__file__).parent.parent / "data" / "openmm"
FORCE_FIELDS = {"amber14": "amber14/protein.ff14SB.xml", "amber99sbildn": "amber99sbildn.xml"}
SHIPPED = Path(__file__).parent.parent.parent / "data" / "forcefields"
# Files of the names that are in FORCE_FIELDS and of those that only some molecules are evaluated with.
FILES = {
    **FORCE_FIELDS,
    "ff19SB": "amber19/protein.ff19SB.xml",
    "ff15ipq": "amber14/protein.ff15ipq.xml",
    "ff14SBonlysc": str(SHIPPED / "protein.ff14SBonlysc.xml"),
    "phosaa14SB": str(SHIPPED / "phosaa14SB.xml"),
    "phosaa19SB": str(SHIPPED / "phosaa19SB.xml"),
}
# Not the phosphohistidines: the files have no parameters for their angles at phosphorus, which OpenMM leaves out.
PHOSPHORYLATED = ["S1P", "SEP", "T1P", "TPO", "Y1P", "PTR"]
SOLVENTS = ["vacuum", "hct", "obc1", "obc2", "gbn", "gbn2"]
TERMS = {
    "HarmonicBondForce": "bond",
    "HarmonicAngleForce": "angle",
    "PeriodicTorsionForce": "torsion",
    "CMAPTorsionForce": "cmap",
    "NonbondedForce": "nonbonded",
    "CustomGBForce": "implicit_solvent",
}
# Residues whose heavy atoms are those of another one in pdbfixer's templates.
PARENT = {
    "HID": "HIS", "HIE": "HIS", "HIP": "HIS", "ASH": "ASP", "GLH": "GLU", "LYN": "LYS", "CYM": "CYS", "CYX": "CYS",
    "S1P": "SER", "SEP": "SER", "T1P": "THR", "TPO": "THR", "Y1P": "TYR", "PTR": "TYR",
    "HYP": "PRO",
}
INSIDE = [
    "ALA", "ARG", "ASH", "ASN", "ASP", "CYM", "CYS", "GLH", "GLN", "GLU", "GLY", "HID", "HIE", "HIP",
    "ILE", "LEU", "LYN", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL",
]
# The force fields have no chain ends of the unusual protonation states.
ENDS = [name for name in INSIDE if name not in ("ASH", "CYM", "GLH", "LYN")]


def capped(*names, last="NME"):
    return ["ACE", *names, last]


def ends(first, last):
    return ["N" + first, "C" + last]


def systems():
    """Name: (chains of template names, disulfides as ((chain, residue), (chain, residue)), other bonds with the atoms' names)."""
    found = {"alanine_dipeptide": ([capped("ALA")], [])}
    for index in range(5):
        found[f"inside_{index + 1}"] = ([capped(*INSIDE[index::5])], [])
    caps = INSIDE
    for index in range(9):
        last = "NHE" if index % 3 == 2 else "NME"
        found[f"capped_{index + 1}"] = ([capped(name, last=last) for name in caps[index::9]], [])
    for index in range(11):
        # Two chains each; over all of them every residue is once first and once last.
        pairs = [(ENDS[2 * index + k], ENDS[(2 * index + k + 7) % len(ENDS)]) for k in range(2)]
        found[f"ends_{index + 1}"] = ([ends(*pair) for pair in pairs], [])
    found["zwitterions"] = ([["NALA", "ALA", "ALA", "CTYR"], ["NASP", "GLY", "LYS", "CSER"]], [])
    found["disulfide_chains"] = ([capped("CYX"), capped("CYX", "ALA")], [((0, 1), (1, 1))])
    found["disulfide_ends"] = ([["NCYX", "CGLY"], ["NGLY", "CCYX"]], [((0, 0), (1, 1))])
    found["disulfide_loop"] = ([capped("CYX", "GLY", "PRO", "GLY", "CYX")], [((0, 1), (0, 5))])
    chain = ["ALA", "TRP", "ASP", "LYS", "GLY", "PRO", "HIP", "PHE", "ARG", "GLU", "VAL", "MET", "SER", "TYR", "LEU", "ASN", "ILE"]
    found["chain_of_17"] = ([["N" + chain[0], *chain[1:], "CTHR"]], [])
    found["force_fields_1"] = ([["NALA", "ARG", "ASN", "ASP", "CCYS"]], [])
    found["force_fields_2"] = ([capped("GLN", "GLU", "GLY", "HIE", "ILE")], [])
    found["force_fields_3"] = ([["NLEU", "LYS", "MET", "PHE", "CPRO"]], [])
    found["force_fields_4"] = ([capped("PRO", "SER", "THR", "TRP", "TYR", "VAL", last="NHE")], [])
    for index in range(2):
        found[f"phosphorylated_{index + 1}"] = ([capped(name) for name in PHOSPHORYLATED[index::2]], [])
    ring = lambda *names: ([list(names)], [], [((0, len(names) - 1, "C"), (0, 0, "N"))])
    found["ring_of_5"] = ring("ARG", "GLY", "ASP", "PHE", "VAL")
    found["ring_of_6"] = ring(*["GLY"] * 6)
    found["ring_with_disulfide"] = ring("CYX", "PRO", "HIE", "LYS", "CYX", "GLY", "PRO", "ALA")
    found["ring_with_disulfide"][1].append(((0, 0), (0, 4)))
    found["hydroxyproline"] = ([["ACE", "HYP", "ALA", "HYP", "NME"], ["NGLY", "CHYP"]], [])
    return {name: (*system, [])[:3] for name, system in found.items()}


class Template:
    """Atoms (name, element symbol) and bonds of a <Residue>."""

    def __init__(self, residue, elements):
        self.atoms = [(atom.get("name"), elements[atom.get("type")]) for atom in residue.findall("Atom")]
        self.bonds = [(bond.get("atomName1"), bond.get("atomName2")) for bond in residue.findall("Bond")]


def files_of(force_field):
    """`amber14 + phosaa14SB` is two files."""
    return [FILES[name] for name in force_field.split(" + ")]


def read_templates():
    data = Path(app.__file__).parent / "data"
    templates, elements = {}, {}
    for name in files_of("amber14 + phosaa14SB"):
        root = ElementTree.parse(data / name).getroot()
        elements |= {kind.get("name"): kind.get("element") for kind in root.find("AtomTypes")}
        templates |= {residue.get("name"): Template(residue, elements) for residue in root.find("Residues")}
    return templates


def plain_name(template_name):
    """NALA and CALA are called ALA."""
    if len(template_name) == 3:
        return template_name
    return template_name[1:]


def atom_order(template, style, generator):
    """Template order, heavy atoms first as in PDB files, or any order within the residue."""
    order = list(range(len(template.atoms)))
    if style == "heavy_first":
        order.sort(key=lambda index: template.atoms[index][1] == "H")
    elif style == "shuffled":
        generator.shuffle(order)
    return [template.atoms[index] for index in order]


def build_topology(chains, disulfides, links, templates, style, generator):
    topology = app.Topology()
    residues = []
    for chain_index, names in enumerate(chains):
        chain = topology.addChain(chr(ord("A") + chain_index))
        members = []
        for number, template_name in enumerate(names, start=1):
            template = templates[template_name]
            residue = topology.addResidue(plain_name(template_name), chain, str(number))
            atoms = {
                name: topology.addAtom(name, app.Element.getBySymbol(symbol), residue)
                for name, symbol in atom_order(template, style, generator)
            }
            for first, second in template.bonds:
                topology.addBond(atoms[first], atoms[second])
            if members:
                topology.addBond(members[-1]["C"], atoms["N"])
            members.append(atoms)
        residues.append(members)
    for (chain_a, residue_a), (chain_b, residue_b) in disulfides:
        topology.addBond(residues[chain_a][residue_a]["SG"], residues[chain_b][residue_b]["SG"])
    for (chain_a, residue_a, atom_a), (chain_b, residue_b, atom_b) in links:
        topology.addBond(residues[chain_a][residue_a][atom_a], residues[chain_b][residue_b][atom_b])
    return topology, residues


def extend(a, b, c, length, angle, torsion):
    """The point d with |cd| = length, angle bcd and torsion abcd."""
    angle, torsion = np.radians([angle, torsion])
    axis = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, axis)
    normal /= np.linalg.norm(normal)
    local = length * np.array([-np.cos(angle), np.sin(angle) * np.cos(torsion), np.sin(angle) * np.sin(torsion)])
    return c + local[0] * axis + local[1] * np.cross(normal, axis) + local[2] * normal


def backbone(members, generator):
    """Positions of N, CA, C (CH3 of the caps counts as CA) of an extended chain."""
    lengths = {("C", "N"): (0.1335, 116.6), ("N", "CA"): (0.1449, 121.9), ("CA", "C"): (0.1522, 111.0)}
    names = [
        (atoms, name)
        for atoms in members
        for name in ("N", "CA", "CH3", "C")
        if name in atoms and (name != "CH3" or "CA" not in atoms)
    ]
    points = [np.array([0.0, 0.0, 0.0]), np.array([0.15, 0.0, 0.0]), np.array([0.2, 0.13, 0.0])]
    torsions = {"N": 140.0, "CA": 180.0, "C": -120.0}
    kind = lambda name: "CA" if name == "CH3" else name
    for previous, (_, name) in zip(names[2:], names[3:]):
        length, angle = lengths[(kind(previous[1]), kind(name))]
        torsion = torsions[kind(name)]
        if name != "CA":
            torsion += generator.uniform(-20.0, 20.0)
        points.append(extend(*points[-3:], length, angle, torsion))
    return {atoms[name].index: point for (atoms, name), point in zip(names, points)}


def sidechain(residue_name):
    """Heavy atoms of pdbfixer's template in nm."""
    path = Path(pdbfixer.__file__).parent / "templates" / f"{PARENT.get(residue_name, residue_name)}.pdb"
    if not path.exists():
        return {}
    pdb = app.PDBFile(str(path))
    positions = pdb.positions.value_in_unit(unit.nanometer)
    return {atom.name: np.array(positions[atom.index]) for atom in pdb.topology.atoms()}


def superpose(mobile, target):
    """Rotation and translation that carry the points `mobile` onto `target`."""
    mobile_centre, target_centre = mobile.mean(axis=0), target.mean(axis=0)
    u, _, vt = np.linalg.svd((mobile - mobile_centre).T @ (target - target_centre))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ flip @ vt
    return lambda point: (point - mobile_centre) @ rotation + target_centre


def place(topology, residues, generator):
    """A first guess of all positions; the minimiser does the rest."""
    known = {}
    for chain_index, members in enumerate(residues):
        points = backbone(members, generator)
        for atoms in members:
            frame = ("N", "CA", "C")
            if all(name in atoms for name in frame):
                template = sidechain(next(iter(atoms.values())).residue.name)
                move = superpose(
                    np.array([template[name] for name in frame]),
                    np.array([points[atoms[name].index] for name in frame]),
                )
                for name, point in template.items():
                    if name in atoms and name not in (*frame, "O"):
                        points[atoms[name].index] = move(point)
        offset = np.array([0.0, 0.0, 0.8 * chain_index])
        known.update({index: point + offset for index, point in points.items()})
    add_remaining(topology, known, generator)
    return np.array([known[index] for index in range(topology.getNumAtoms())])


def add_remaining(topology, known, generator):
    """Hydrogens and other atoms: away from the placed neighbours of the atom they are bonded to."""
    neighbors = {atom.index: [] for atom in topology.atoms()}
    for first, second in topology.bonds():
        neighbors[first.index].append(second.index)
        neighbors[second.index].append(first.index)
    atoms = list(topology.atoms())
    while len(known) < len(atoms):
        for index in neighbors:
            anchor = next((bonded for bonded in neighbors[index] if bonded in known), None)
            if index in known or anchor is None:
                continue
            away = sum(
                (known[anchor] - known[other]) / np.linalg.norm(known[anchor] - known[other])
                for other in neighbors[anchor]
                if other in known
            )
            direction = away + generator.normal(scale=0.3, size=3)
            length = 0.1 if atoms[index].element.symbol == "H" else 0.13
            known[index] = known[anchor] + length * direction / np.linalg.norm(direction)


def minimise(topology, positions, force_field, iterations):
    system = app.ForceField(*files_of(force_field)).createSystem(topology, nonbondedMethod=app.NoCutoff)
    integrator = openmm.VerletIntegrator(0.001)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=iterations)
    state = context.getState(getPositions=True)
    return state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)


def kappa_per_nm(ionic_strength_molar, temperature_kelvin):
    """As OpenMM's AmberPrmtopFile does it."""
    return 7.3 * 50.33355 * np.sqrt(ionic_strength_molar / 78.5 / temperature_kelvin)


def evaluate(topology, positions, force_field, solvent, surface_area=True, ionic_strength_molar=0.0):
    temperature_kelvin = 300.0
    files = files_of(force_field)
    arguments = {}
    if solvent != "vacuum":
        files.append(f"implicit/{solvent}.xml")
        arguments["sasaMethod"] = "ACE" if surface_area else None
        arguments["implicitSolventKappa"] = kappa_per_nm(ionic_strength_molar, temperature_kelvin)
    reader = app.ForceField(*files)
    common = dict(nonbondedMethod=app.NoCutoff, removeCMMotion=False, **arguments)
    system = reader.createSystem(topology, **common)
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    energies = {
        TERMS[force.getName()]: round(
            context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value, 8
        )
        for group, force in enumerate(system.getForces())
    }
    # A thousandth is a millionth of a force, and what the larger files can afford.
    decimals = 4 if force_field in FORCE_FIELDS else 3
    forces = context.getState(getForces=True).getForces(asNumpy=True)._value
    constrained = reader.createSystem(topology, constraints=app.HBonds, hydrogenMass=1.5, **common)
    return {
        "force_field": force_field,
        "solvent": solvent,
        "surface_area": surface_area,
        "ionic_strength_molar": ionic_strength_molar,
        "temperature_kelvin": temperature_kelvin,
        "system": describe(system, constrained),
        "terms_kj_per_mol": energies,
        "forces_kj_per_mol_per_nm": [[round(value, decimals) for value in force] for force in forces.tolist()],
    }


def describe(system, constrained):
    """Counts and sums that tell whether the same parameters were assigned; `constrained` has rigid bonds, 1.5 Da hydrogens."""
    forces = {force.getName(): force for force in system.getForces()}
    nonbonded = forces["NonbondedForce"]
    n_atoms = system.getNumParticles()
    masses = lambda which: [which.getParticleMass(index)._value for index in range(n_atoms)]
    distances = [
        constrained.getConstraintParameters(index)[2]._value for index in range(constrained.getNumConstraints())
    ]
    rigid = next(force for force in constrained.getForces() if force.getName() == "HarmonicBondForce")
    return {
        "n_bonds": forces["HarmonicBondForce"].getNumBonds(),
        "n_angles": forces["HarmonicAngleForce"].getNumAngles(),
        "n_torsions": forces["PeriodicTorsionForce"].getNumTorsions(),
        **({"n_mapped": forces["CMAPTorsionForce"].getNumTorsions()} if "CMAPTorsionForce" in forces else {}),
        "n_exceptions": nonbonded.getNumExceptions(),
        "sum_of_masses_da": sum(masses(system)),
        "sum_of_charges": sum(nonbonded.getParticleParameters(index)[0]._value for index in range(n_atoms)),
        "n_flexible_bonds": rigid.getNumBonds(),
        "n_constraints": len(distances),
        "sum_of_constraints_nm": sum(distances),
        "sum_of_squared_heavy_hydrogen_masses_da2": sum(mass * mass for mass in masses(constrained)),
    }


def evaluate_orderings(topology, positions, force_fields):
    """Torsion energies with every rule for the order of an improper's atoms, put into the force fields' own files."""
    found = []
    for force_field in sorted(force_fields):
        file = FORCE_FIELDS[force_field]
        text = (Path(app.__file__).parent / "data" / file).read_text()
        for ordering in ("default", "charmm", "amber", "smirnoff"):
            changed = re.sub("<PeriodicTorsionForce[^>]*>", f'<PeriodicTorsionForce ordering="{ordering}">', text)
            system = app.ForceField(io.StringIO(changed)).createSystem(topology, nonbondedMethod=app.NoCutoff)
            torsions = next(force for force in system.getForces() if force.getName() == "PeriodicTorsionForce")
            torsions.setForceGroup(1)
            platform = openmm.Platform.getPlatformByName("Reference")
            context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
            context.setPositions(positions)
            found.append({
                "force_field": force_field,
                "ordering": ordering,
                "n_torsions": torsions.getNumTorsions(),
                "torsion_kj_per_mol": round(context.getState(getEnergy=True, groups={1}).getPotentialEnergy()._value, 8),
            })
    return found


def cases(name):
    """Arguments of `evaluate` for one molecule."""
    if name in ("chain_of_17", "ring_of_6", "hydroxyproline"):
        return [("amber14", solvent) for solvent in SOLVENTS]
    if name.startswith("force_fields"):
        return [(force_field, solvent) for force_field in ("ff19SB", "ff15ipq", "ff14SBonlysc") for solvent in SOLVENTS]
    if name.startswith("phosphorylated"):
        pairs = ["amber14 + phosaa14SB", "ff14SBonlysc + phosaa14SB", "ff19SB + phosaa19SB"]
        return list(zip(pairs, ("obc2", "vacuum", "gbn2")))
    found = [(force_field, solvent) for force_field in FORCE_FIELDS for solvent in SOLVENTS]
    if name in ("alanine_dipeptide", "zwitterions"):
        found += [("amber14", solvent, False) for solvent in SOLVENTS[1:]]
        found += [("amber14", solvent, True, 0.15) for solvent in SOLVENTS[1:]]
        found += [("amber99sbildn", "obc2", False, 1.0)]
    return found


def to_json(topology, positions, references, orderings):
    residues = [
        {
            "name": residue.name,
            "chain": residue.chain.id,
            "number": int(residue.id),
            "atoms": [[atom.name, atom.element.symbol] for atom in residue.atoms()],
        }
        for residue in topology.residues()
    ]
    return {
        "made_by": f"tests/scripts/make_openmm_references.py, OpenMM {openmm.version.full_version}, Reference platform",
        "residues": residues,
        "bonds": sorted(sorted((first.index, second.index)) for first, second in topology.bonds()),
        "positions_nm": positions.tolist(),
        "references": references,
        "improper_orderings": orderings,
    }


def main(names):
    templates = read_templates()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for number, (name, (chains, disulfides, links)) in enumerate(systems().items()):
        if names and name not in names:
            continue
        generator = np.random.default_rng(number)
        style = ("template", "heavy_first", "shuffled")[number % 3]
        topology, residues = build_topology(chains, disulfides, links, templates, style, generator)
        force_field = "amber14 + phosaa14SB" if name.startswith("phosphorylated") else "amber14"
        iterations = 5000 if force_field not in FORCE_FIELDS else 3000 if links else 500
        positions = minimise(topology, place(topology, residues, generator), force_field, iterations)
        displacement = generator.uniform(0.01, 0.02, size=(len(positions), 1))
        direction = generator.normal(size=positions.shape)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        # Rounded, so that the file holds exactly what OpenMM was given.
        positions = np.round(positions - positions.mean(axis=0) + displacement * direction, 5)
        references = [evaluate(topology, positions, *case) for case in cases(name)]
        known = [] if cases(name)[0][0] not in FORCE_FIELDS else ["amber14"] if name == "hydroxyproline" else FORCE_FIELDS
        orderings = evaluate_orderings(topology, positions, known)
        text = json.dumps(to_json(topology, positions, references, orderings), separators=(",", ":"))
        (OUTPUT / f"{name}.json").write_text(text.replace('{"force_field"', '\n{"force_field"') + "\n")
        print(f"{name}: {len(positions)} atoms, {style}, {references[0]['terms_kj_per_mol']}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
