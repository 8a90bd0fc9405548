"""Adds modified residues to residues.json, put together from its own residues and standard lengths and angles.

Usage: python make_modified.py            (Python 3.11, the standard library)

HYP is (4R)-hydroxyproline: proline with OD1 for the hydrogen of CG on that side. NLE is lysine's chain with a methyl group for the
ammonium. SEP, TPO and PTR are serine, threonine and tyrosine whose hydroxyl hydrogen a phosphate (-2) replaces. Atom names are the PDB's;
the order is that of AMBER's templates. The force field's minimiser makes the geometry that a force field wants.
"""

import json
import math
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
CAPS = ("ACE", "NHE", "NME")
# P-O (ester) and P-O (free) in nm, C-O-P and O-P-O angles in degrees: phosphorylated amino acids.
ESTER, FREE, C_O_P, O_P_O = 0.163, 0.152, 120.0, 107.0


def place(parent, before, far, length, angle, torsion):
    """The point at that distance, angle and torsion."""
    angle, torsion = math.radians(angle), math.radians(torsion)
    sub = lambda a, b: [x - y for x, y in zip(a, b)]
    cross = lambda a, b: [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    unit = lambda a: [x / math.sqrt(sum(y * y for y in a)) for x in a]
    axis = unit(sub(parent, before))
    normal = unit(cross(sub(before, far), axis))
    plane = cross(normal, axis)
    parts = [-length * math.cos(angle), length * math.sin(angle) * math.cos(torsion), length * math.sin(angle) * math.sin(torsion)]
    return [p + parts[0] * a + parts[1] * b + parts[2] * c for p, a, b, c in zip(parent, axis, plane, normal)]


def volume(x, centre, names):
    a, b, c = ([p - q for p, q in zip(x[n], x[centre])] for n in names)
    return (a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]))


def hydroxyproline(pro):
    rows = {row[0]: row for row in pro["atoms"]}
    x = {"N": [0.0, 0.0, 0.0], "CA": [0.146, 0.0, 0.0], "C": [0.2, 0.14, 0.0]}
    for name in ("CB", "CG", "CD", "HG2", "HG3"):
        _, _, (parent, before, far), length, angle, torsion = rows[name]
        x[name] = place(x[parent], x[before], x[far], length, angle, torsion)
    # R: oxygen, CD (which has N), CB have a negative volume, as the S of an L residue's N, C, CB is positive.
    oxygen = next(n for n in ("HG2", "HG3") if volume(x, "CG", (n, "CD", "CB")) < 0)
    hydrogen = "HG3" if oxygen == "HG2" else "HG2"
    atoms = []
    for row in pro["atoms"]:
        name = row[0]
        if name == "HG2":
            atoms.append(["HG", *rows[hydrogen][1:]])
            atoms.append(["OD1", "O", ["CG", "CB", "CA"], 0.1421, 109.5, rows[oxygen][5]])
            atoms.append(["HD1", "H", ["OD1", "CG", "CB"], 0.0969, 108.0, 180.0])
        elif name != "HG3":
            atoms.append([{"HD2": "HD22", "HD3": "HD23"}.get(name, name), *row[1:]])
    rename = {"HD2": "HD22", "HD3": "HD23", "HG2": "HG"}
    bonds = [[rename.get(n, n) for n in bond] for bond in pro["bonds"] if "HG3" not in bond]
    bonds += [["CG", "OD1"], ["OD1", "HD1"]]
    turnable = [{"atoms": ["CB", "CG", "OD1", "HD1"], "values_deg": [180, 60, -60]}]
    return dict(pro, name="HYP", atoms=atoms, bonds=bonds, turnable=turnable)


def norleucine(lys):
    atoms = []
    for row in lys["atoms"]:
        name = row[0]
        if name == "NZ":
            atoms.append(["HE1", "H", ["CE", "CD", "CG"], 0.109, 109.5, 180.0])
        elif not name.startswith("HZ"):
            atoms.append(row)
    order = ["HE1", "HE2", "HE3"]
    place_of = min(index for index, row in enumerate(atoms) if row[0] in order)
    methyl = sorted((row for row in atoms if row[0] in order), key=lambda row: row[0])
    atoms = [row for row in atoms if row[0] not in order]
    atoms[place_of:place_of] = methyl
    bonds = [["CE", "HE1"] if bond == ["CE", "NZ"] else bond for bond in lys["bonds"] if not any(n.startswith("HZ") for n in bond)]
    return dict(lys, name="NLE", atoms=atoms, bonds=bonds, chi=lys["chi"][:3])


def phosphorylated(parent, name, oxygen, hydrogen):
    before = next(row for row in parent["atoms"] if row[0] == oxygen)[2]
    atoms = []
    for row in parent["atoms"]:
        if row[0] != hydrogen:
            atoms.append(row)
            continue
        atoms.append(["P", "P", [oxygen, before[0], before[1]], ESTER, C_O_P, 180.0])
        for free, torsion in (("O1P", 180.0), ("O2P", 60.0), ("O3P", -60.0)):
            atoms.append([free, "O", ["P", oxygen, before[0]], FREE, O_P_O, torsion])
    bonds = [bond for bond in parent["bonds"] if hydrogen not in bond]
    bonds += [[oxygen, "P"], ["P", "O1P"], ["P", "O2P"], ["P", "O3P"]]
    torsion = {"atoms": [before[1], before[0], oxygen, "P"], "values_deg": [180, 90, -90]}
    return dict(parent, name=name, atoms=atoms, bonds=bonds, turnable=[torsion])


def lines(entry):
    parts = []
    for key, item in entry.items():
        if key == "atoms":
            inner = ",\n    ".join(json.dumps(row) for row in item)
            parts.append(f"  {json.dumps(key)}: [\n    {inner}]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(item)}")
    return "{\n" + ",\n".join(parts) + "}"


def main():
    path = HERE / "residues.json"
    text = path.read_text()
    value = json.loads(text)
    known = {residue["name"]: residue for residue in value["residues"]}
    made = [
        hydroxyproline(known["PRO"]),
        norleucine(known["LYS"]),
        phosphorylated(known["SER"], "SEP", "OG", "HG"),
        phosphorylated(known["THR"], "TPO", "OG1", "HG1"),
        phosphorylated(known["TYR"], "PTR", "OH", "HH"),
    ]
    for residue in made:
        residue["one_letter"] = None
    new = [residue for residue in made if residue["name"] not in known]
    start = text.index('{\n  "name": "ACE"')
    path.write_text(text[:start] + "".join(lines(residue) + ",\n" for residue in new) + text[start:])


if __name__ == "__main__":
    main()
