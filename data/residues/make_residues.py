"""Make residues.json and ../../tests/data/topology_templates.json from OpenMM's ff14SB and its minimiser.

Usage: python make_residues.py            (pinned: Python 3.11, openmm 8.6.1, numpy 1.26 or later)

Each residue is embedded from random coordinates inside a capped peptide with harmonic bonds and angles, kept only with
L chirality and trans peptide bonds, and minimised with ff14SB and OBC2 while phi and psi are held; its internal
coordinates are then read off. No coordinates of any other library are used.
"""

import importlib.metadata
import json
import pathlib
import sys

import numpy as np
import openmm
from openmm import app, unit

PINNED = {"openmm": "8.6.1"}
HERE = pathlib.Path(__file__).resolve().parent
PHI, PSI = np.radians(-75.0), np.radians(145.0)

ONE_LETTER = dict(
    ALA="A", ARG="R", ASN="N", ASP="D", CYS="C", GLN="Q", GLU="E", GLY="G", HIE="H", ILE="I", LEU="L", LYS="K",
    MET="M", PHE="F", PRO="P", SER="S", THR="T", TRP="W", TYR="Y", VAL="V",
)
RESIDUES = sorted(ONE_LETTER) + ["ASH", "CYM", "CYX", "GLH", "HID", "HIP", "LYN"]
CAPS = ["ACE", "NHE", "NME"]
# Of make_modified.py, as far as ff14SB has them.
MODIFIED = ["HYP"]
# PDB (version 3) names of the caps' atoms where ff14SB's differ.
CAP_NAMES = {
    "ACE": {"HH31": "H1", "HH32": "H2", "HH33": "H3"},
    "NME": {"HH31": "H1", "HH32": "H2", "HH33": "H3", "CH3": "C"},
}
# Which atoms play N, CA and C for the neighbouring residue's internal coordinates.
BACKBONE = {"ACE": ["H1", "CH3", "C"], "NME": ["N", "C", None], "NHE": ["N", None, None]}
CHI = {  # IUPAC definitions; ILE's chi2 runs to CD1
    "ARG": "N CA CB CG CD NE CZ", "ASN": "N CA CB CG OD1", "ASP": "N CA CB CG OD1", "ASH": "N CA CB CG OD1",
    "CYS": "N CA CB SG", "CYX": "N CA CB SG", "CYM": "N CA CB SG", "GLN": "N CA CB CG CD OE1",
    "GLU": "N CA CB CG CD OE1", "GLH": "N CA CB CG CD OE1", "HID": "N CA CB CG ND1", "HIE": "N CA CB CG ND1",
    "HIP": "N CA CB CG ND1", "ILE": "N CA CB CG1 CD1", "LEU": "N CA CB CG CD1", "LYS": "N CA CB CG CD CE NZ",
    "LYN": "N CA CB CG CD CE NZ", "MET": "N CA CB CG SD CE", "PHE": "N CA CB CG CD1", "SER": "N CA CB OG",
    "THR": "N CA CB OG1", "TRP": "N CA CB CG CD1", "TYR": "N CA CB CG CD1", "VAL": "N CA CB CG1",
    "PRO": "N CA CB CG CD",
}
ARG_CHI5 = ["CD", "NE", "CZ", "NH1"]
PLANAR_END = {"ASN", "ASP", "ASH", "GLN", "GLU", "GLH", "HID", "HIE", "HIP", "PHE", "TRP", "TYR"}
HYDROXYL = {  # polar hydrogens worth turning: atoms, angles in degrees
    "SER": (["CA", "CB", "OG", "HG"], [180, 60, -60]), "THR": (["CA", "CB", "OG1", "HG1"], [180, 60, -60]),
    "TYR": (["CE1", "CZ", "OH", "HH"], [180, 0]), "CYS": (["CA", "CB", "SG", "HG"], [180, 60, -60]),
}
# Chirality as the sign of (a - centre) . ((b - centre) x (c - centre)).
CHIRAL = {"ILE": ("CB", "CA", "CG1", "CG2", 1), "THR": ("CB", "CA", "OG1", "CG2", 1)}


def read_templates():
    """Atoms (name, element) and bonds of every ff14SB template, as OpenMM reads them."""
    field = app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc2.xml")
    return field, field._templates


def chain_topology(templates, names):
    topology = app.Topology()
    chain = topology.addChain()
    residues = []
    for name in names:
        template = templates[name]
        residue = topology.addResidue(name, chain)
        atoms = [topology.addAtom(a.name, a.element, residue) for a in template.atoms]
        for i, j in template.bonds:
            topology.addBond(atoms[i], atoms[j])
        residues.append({a.name: a for a in atoms})
    for left, right in zip(residues, residues[1:]):
        topology.addBond(left["C"], right["N"])
    return topology, residues


def torsion_force(terms, k=2000.0):
    force = openmm.CustomTorsionForce(f"{k}*(1-cos(theta-theta0))")
    force.addPerTorsionParameter("theta0")
    for atoms, angle in terms:
        force.addTorsion(*[a.index for a in atoms], [angle])
    return force


def held_torsions(residues, names):
    held = []
    for i, atoms in enumerate(residues):
        if i > 0:
            left = residues[i - 1]
            ca_left = left.get("CA") or left.get("CH3")
            ca = atoms.get("CA") or atoms.get("CH3")
            if ca is not None:
                held.append(((ca_left, left["C"], atoms["N"], ca), np.pi))
            if "CA" in atoms and "PRO" not in names[i]:
                held.append(((left["C"], atoms["N"], atoms["CA"], atoms["C"]), PHI))
        if i + 1 < len(residues) and "CA" in atoms:
            held.append(((atoms["N"], atoms["CA"], atoms["C"], residues[i + 1]["N"]), PSI))
        chi = CHI.get(names[i][-3:])
        if chi and names[i][-3:] != "PRO":
            chi = chi.split()
            for k in range(len(chi) - 3):
                planar = k == len(chi) - 4 and names[i][-3:] in PLANAR_END
                angle = np.radians((90.0 if len(chi) < 6 else 0.0) if planar else (-65.0 if k == 0 else 180.0))
                held.append((tuple(atoms[n] for n in chi[k : k + 4]), angle))
        if names[i][-3:] == "ARG":
            held.append((tuple(atoms[n] for n in ARG_CHI5), 0.0))
    return held


def signed_volume(x, centre, a, b, c):
    return np.dot(x[a] - x[centre], np.cross(x[b] - x[centre], x[c] - x[centre]))


def chirality_right(x, residues, names):
    for atoms, name in zip(residues, names):
        index = {n: a.index for n, a in atoms.items()}
        if "CB" in index and signed_volume(x, index["CA"], index["N"], index["C"], index["CB"]) <= 0:
            return False
        if name[-3:] in CHIRAL:
            *quartet, sign = CHIRAL[name[-3:]]
            if signed_volume(x, *[index[n] for n in quartet]) * sign <= 0:
                return False
    return True


# Prochiral pairs: parent, the atom before it, the main-chain atom after it, then the two groups in IUPAC order (clockwise
# seen from before to after): doi:10.1351/pac199870010117.
METHYL_PAIRS = {
    "VAL": ("CB", "CA", None, ["CG1", "HG11", "HG12", "HG13"], ["CG2", "HG21", "HG22", "HG23"]),
    "LEU": ("CG", "CB", None, ["CD1", "HD11", "HD12", "HD13"], ["CD2", "HD21", "HD22", "HD23"]),
}


def prochiral_pairs(name, atoms, bonds):
    """(before, parent, after, second atoms, third atoms) of every CH2, and of the methyl pairs with after = the hydrogen."""
    out = []
    neighbours = {a: [] for a in atoms}
    for i, j in bonds:
        neighbours[i].append(j)
        neighbours[j].append(i)
    for parent, near in neighbours.items():
        hydrogens = sorted(n for n in near if n[0] == "H")
        heavy = [n for n in near if n[0] != "H" and n in atoms]
        if parent[0] != "C" or len(hydrogens) != 2 or len(heavy) != 2:
            continue
        rank = {"N": 9, "CA": 1, "CB": 2, "CG": 3, "CG1": 3, "CD": 4, "CD1": 4, "SD": 4, "CE": 5}
        if name == "GLY":
            rank = {"N": 0, "C": 9}
        heavy.sort(key=lambda a: rank.get(a, 6))
        out.append((heavy[0], parent, heavy[1], hydrogens[:1], hydrogens[1:]))
    if name in METHYL_PAIRS:
        parent, before, _, second, third = METHYL_PAIRS[name]
        hydrogen = {"VAL": "HB", "LEU": "HG"}[name]
        out.append((before, parent, hydrogen, second, third))
    return out


def relabel(x, residues, names, templates):
    """Swap the labels of prochiral groups where embedding chose the wrong ones; the groups are alike, so energy is the same."""
    x = x.copy()
    for atoms, name in zip(residues, names):
        template = templates[name]
        own = [a.name for a in template.atoms]
        bonds = [(own[i], own[j]) for i, j in template.bonds]
        for before, parent, after, second, third in prochiral_pairs(name[-3:], own, bonds):
            b, p, a, s, t = (x[atoms[n].index] for n in (before, parent, after, second[0], third[0]))
            if np.dot(np.cross(a - p, s - p), p - b) < 0:
                for i, j in zip(second, third):
                    x[[atoms[i].index, atoms[j].index]] = x[[atoms[j].index, atoms[i].index]]
    return x


def minimise(system, x, iterations=0):
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(x)
    openmm.LocalEnergyMinimizer.minimize(context, 1e-3, iterations)
    state = context.getState(getPositions=True, getEnergy=True)
    return state.getPositions(asNumpy=True).value_in_unit(unit.nanometer), state.getPotentialEnergy()._value


def geometry(field, templates, names, seed):
    """Minimised coordinates of the chain, nm."""
    topology, residues = chain_topology(templates, names)
    held = held_torsions(residues, names)
    n = topology.getNumAtoms()
    full = field.createSystem(topology, constraints=None)
    full.addForce(torsion_force(held))
    soft = field.createSystem(topology, constraints=None)
    for i in reversed(range(soft.getNumForces())):
        if not isinstance(soft.getForce(i), (openmm.HarmonicBondForce, openmm.HarmonicAngleForce, openmm.PeriodicTorsionForce)):
            soft.removeForce(i)
    soft.addForce(torsion_force(held, 200.0))
    repulsion = openmm.CustomNonbondedForce("500*max(0,0.2-r)^2/0.01")
    for _ in range(n):
        repulsion.addParticle([])
    repulsion.createExclusionsFromBonds([(b[0].index, b[1].index) for b in topology.bonds()], 2)
    soft.addForce(repulsion)
    rng = np.random.default_rng(seed)
    best = None
    for _ in range(400):
        x, energy = minimise(soft, rng.normal(size=(n, 3)) * 0.3, 500)
        if energy > 400 or not chirality_right(x, residues, names):
            continue
        x, energy = minimise(full, x)
        if chirality_right(x, residues, names) and (best is None or energy < best[0] - 1e-3):
            best = (energy, x, best[2] + 1 if best else 1)
        elif best is not None:
            best = (best[0], best[1], best[2] + 1)
        if best is not None and best[2] >= 6:
            break
    assert best is not None, names
    print(names, f"{best[0]:.2f} kJ/mol", file=sys.stderr)
    return relabel(best[1], residues, names, templates), residues


def angle_deg(a, b, c):
    u, v = a - b, c - b
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v)), np.dot(u, v)))


def torsion_deg(a, b, c, d):
    b1, b2, b3 = b - a, c - b, d - c
    n1, n2 = np.cross(b1, b2), np.cross(b2, b3)
    return np.degrees(np.arctan2(np.dot(np.cross(n1, n2), b2) / np.linalg.norm(b2), np.dot(n1, n2)))


def references(name, atoms, bonds, ring_closed):
    """For each atom the three atoms it is placed from: [parent, its reference, the torsion's far end]."""
    neighbours = {a: [] for a in atoms}
    for i, j in bonds:
        neighbours[i].append(j)
        neighbours[j].append(i)
    if name == "PRO":
        ring_closed = {("CD", "N")}
    refs = {}
    if name == "ACE":
        refs = {h: ["CH3", "C", "O"] for h in ("H1", "H2", "H3")}
        return {"CH3": None, "C": None, "O": ["C", "CH3", "+N"], **refs}
    if name == "NME":
        refs = {"N": ["-C", "-CA", "-N"], "C": ["N", "-C", "-CA"], "H": ["N", "-C", "-CA"]}
        return {**refs, **{h: ["C", "N", "-C"] for h in ("H1", "H2", "H3")}}
    if name == "NHE":
        return {"N": ["-C", "-CA", "-N"], "HN1": ["N", "-C", "-CA"], "HN2": ["N", "-C", "-CA"]}
    refs = {
        "N": ["-C", "-CA", "-N"], "CA": ["N", "-C", "-CA"], "C": ["CA", "N", "-C"], "H": ["N", "-C", "-CA"],
        "O": ["C", "CA", "+N"],
    }
    for child in neighbours["CA"]:
        if child not in ("N", "C"):
            refs[child] = ["CA", "N", "C"]
    refs = {a: r for a, r in refs.items() if a in atoms}
    queue = [a for a in neighbours["CA"] if a in ("CB",)]
    far = {"CB": ("CA", "N")}
    while queue:
        parent = queue.pop(0)
        reference, end = far[parent]
        children = [c for c in neighbours[parent] if c not in refs and c != reference and (parent, c) not in ring_closed]
        children.sort(key=lambda a: (a[0] == "H", a))
        for child in children:
            refs[child] = [parent, reference, end]
            far[child] = (parent, reference)
            queue.append(child)
    return refs


def internal(name, template, x, residues, position):
    """Rows [name, element, refs, length nm, angle deg, torsion deg] of one residue."""
    rename = CAP_NAMES.get(name, {})
    point = {}
    for offset, sign in ((-1, "-"), (1, "+"), (0, "")):
        if 0 <= position + offset < len(residues):
            for n, a in residues[position + offset].items():
                if offset == 0:
                    n = rename.get(n, n)
                elif sign == "-" and "CH3" in residues[position + offset]:
                    n = {"HH31": "N", "CH3": "CA"}.get(n, n)
                point[sign + n] = x[a.index]
    names = [rename.get(a.name, a.name) for a in template.atoms]
    bonds = [[names[i], names[j]] for i, j in template.bonds]
    refs = references(name, names, bonds, set())
    out = []
    for atom, n in zip(template.atoms, names):
        ref = refs[n]
        if ref is None:
            out.append([n, atom.element.symbol, None, 0.0, 0.0, 0.0])
            continue
        p, r, f = (point[q] for q in ref)
        q = point[n]
        out.append([
            n, atom.element.symbol, ref, round(float(np.linalg.norm(q - p)), 5),
            round(float(angle_deg(q, p, r)), 3), round(float(torsion_deg(f, r, p, q)), 3),
        ])
    if name == "ACE":
        seeds = {"CH3": ["H1"], "C": ["CH3", "H1"]}
        for row in out:
            if row[0] in seeds:
                ref = seeds[row[0]]
                row[3] = round(float(np.linalg.norm(point[row[0]] - point[ref[0]])), 5)
                if len(ref) > 1:
                    row[4] = round(float(angle_deg(point[row[0]], point[ref[0]], point[ref[1]])), 3)
    return out, bonds


def rotamers(name):
    chi = CHI.get(name, "").split()
    out = []
    for k in range(len(chi) - 3):
        if name == "PRO":
            values = []
        elif k == len(chi) - 4 and name in PLANAR_END:
            values = [90, -90, 0, 180]
        else:
            values = [-65, 180, 65]
        out.append({"atoms": chi[k : k + 4], "values_deg": values})
    if name == "ARG":
        out.append({"atoms": ARG_CHI5, "values_deg": []})
    return out


def patch_rows(name, template, x, residues, position, refs):
    point = {n: x[a.index] for n, a in residues[position].items()}
    out = []
    for atom in template.atoms:
        if atom.name in refs:
            ref = refs[atom.name]
            p, r, f = (point[q] for q in ref)
            q = point[atom.name]
            out.append([
                atom.name, atom.element.symbol, ref, round(float(np.linalg.norm(q - p)), 5),
                round(float(angle_deg(q, p, r)), 3), round(float(torsion_deg(f, r, p, q)), 3),
            ])
    return out


def make_residues(field, templates):
    residues_out = []
    for number, name in enumerate(RESIDUES + CAPS):
        chain = ["ACE", name, "NME"]
        position = 1
        if name == "ACE":
            chain, position = ["ACE", "ALA", "NME"], 0
        elif name in ("NME", "NHE"):
            chain, position = ["ACE", "ALA", name], 2
        x, residues = geometry_cyx(field, templates, chain, 100 + number)
        atoms, bonds = internal(name, templates[name], x, residues, position)
        entry = {
            "name": name, "one_letter": ONE_LETTER.get(name), "cap": name in CAPS,
            "backbone": BACKBONE.get(name, ["N", "CA", "C"]), "atoms": atoms, "bonds": bonds,
            "chi": rotamers(name),
            "turnable": [{"atoms": HYDROXYL[name][0], "values_deg": HYDROXYL[name][1]}] if name in HYDROXYL else [],
        }
        residues_out.append(entry)
    return residues_out


def geometry_cyx(field, templates, chain, seed):
    """CYX alone has an open valence that no template matches: its geometry is that of CYS with HG left out."""
    stand_in = {"CYX": "CYS"}
    return geometry(field, templates, [stand_in.get(n, n) for n in chain], seed)


def make_patches(field, templates):
    n_refs = {h: ["N", "CA", "C"] for h in ("H1", "H2", "H3")}
    # Relative to CD, so that they fit every pucker of the ring.
    pro_refs = {h: ["N", "CA", "CD"] for h in ("H2", "H3")}
    c_refs = {"O": ["C", "CA", "N"], "OXT": ["C", "CA", "N"]}
    x, residues = geometry(field, templates, ["NALA", "NME"], 1)
    first = patch_rows("NALA", templates["NALA"], x, residues, 0, n_refs)
    x, residues = geometry(field, templates, ["NPRO", "NME"], 2)
    pro = patch_rows("NPRO", templates["NPRO"], x, residues, 0, pro_refs)
    x, residues = geometry(field, templates, ["ACE", "CALA"], 3)
    last = patch_rows("CALA", templates["CALA"], x, residues, 1, c_refs)
    return {"n_terminus": first, "n_terminus_pro": pro, "c_terminus": last}


def template_bonds(templates):
    """Every template's atoms and bonds, for the test that compares our bond graphs with OpenMM's."""
    out = {}
    for name, template in sorted(templates.items()):
        base = name if name in RESIDUES + CAPS + MODIFIED else name[1:]
        if base not in RESIDUES + CAPS + MODIFIED:
            continue
        rename = CAP_NAMES.get(base, {})
        names = [rename.get(a.name, a.name) for a in template.atoms]
        out[name] = {
            "atoms": [[n, a.element.symbol] for n, a in zip(names, template.atoms)],
            "bonds": sorted(sorted([names[i], names[j]]) for i, j in template.bonds),
        }
    return out


def dump(path, value, keys):
    """JSON with one row a line, so that a diff is readable."""
    def lines(entry):
        parts = []
        for key, item in entry.items():
            if key in keys and item:
                inner = ",\n    ".join(json.dumps(row) for row in item)
                parts.append(f"  {json.dumps(key)}: [\n    {inner}]")
            else:
                parts.append(f"  {json.dumps(key)}: {json.dumps(item)}")
        return "{\n" + ",\n".join(parts) + "}"
    path.write_text(lines(value) if "residues" not in value else (
        '{"residues": [\n' + ",\n".join(lines(r) for r in value["residues"]) + '],\n"patches": '
        + lines(value["patches"]) + "}\n"))


def main():
    for package, version in PINNED.items():
        found = importlib.metadata.version(package)
        if found != version:
            sys.exit(f"{package} {found} found, {version} expected: pip install {package}=={version}")
    field, templates = read_templates()
    bonds = {n: t for n, t in template_bonds(templates).items()}
    text = ",\n".join(f"{json.dumps(n)}: {json.dumps(t)}" for n, t in bonds.items())
    (HERE / "../../tests/data/topology_templates.json").write_text("{" + text + "}\n")
    value = {"residues": make_residues(field, templates), "patches": make_patches(field, templates)}
    dump(HERE / "residues.json", value, {"atoms", "n_terminus", "n_terminus_pro", "c_terminus"})


if __name__ == "__main__":
    main()
