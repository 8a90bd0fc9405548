"""Writes tests/data/mmcif: PDB files of tests/data as other programs write them in mmCIF, and bad/*.cif, each wrong in one way.

    pip install -r tests/scripts/requirements.txt gemmi==0.7.5
    python tests/scripts/make_mmcif_fixtures.py

The messages of the bad ones stand beside them (`SALTUS_BLESS=1 cargo test --release --test files -- mmcif` writes them).
"""

from pathlib import Path

import gemmi
from openmm import app

DATA = Path(__file__).parent.parent / "data"
OUTPUT = DATA / "mmcif"
GEMMI = {
    "as_deposited": DATA / "pdb" / "as_deposited.pdb",
    "peptide": DATA.parent.parent / "examples" / "peptide.pdb",
}
OPENMM = {
    "scrambled": DATA / "pdb" / "openmm" / "scrambled.pdb",
    "aib": DATA / "foreign" / "aib.pdb",
    "lactam": DATA / "foreign" / "lactam.pdb",
}


def by_gemmi(path):
    """With entities, so that residues of polymers get label numbers, and without what this program does not read."""
    structure = gemmi.read_structure(str(path), merge_chain_parts=False)
    structure.setup_entities()
    structure.assign_label_seq_id()
    groups = gemmi.MmcifOutputGroups(False)
    groups.atoms = groups.cell = groups.conn = groups.group_pdb = groups.auth_all = True
    return structure.make_mmcif_document(groups)


def without_date(path):
    lines = path.read_text().splitlines(True)
    path.write_text("".join(line for line in lines if not line.startswith("# Created with OpenMM")))


def with_components(source, target):
    """The bonds of residues by their kind, as the files of the PDB's "NextGen" archive have them, for those of CONECT records."""
    lines = Path(source).read_text().splitlines()
    atoms = {line[6:11].strip(): (line[17:20].strip(), line[22:26], line[12:16].strip()) for line in lines if line.startswith(("ATOM", "HETATM"))}
    bonds = set()
    for line in lines:
        if line.startswith("CONECT"):
            first = atoms[line[6:11].strip()]
            for start in range(11, len(line), 5):
                second = atoms.get(line[start : start + 5].strip())
                if second and first[:2] == second[:2] and first[0] == "AIB":
                    bonds.add((first[0], *sorted([first[2], second[2]])))
    document = by_gemmi(source)
    table = document.sole_block().init_loop("_chem_comp_bond.", ["comp_id", "atom_id_1", "atom_id_2"])
    for bond in sorted(bonds):
        table.add_row(list(bond))
    document.write_file(str(target))


HEAD = """data_BAD
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.auth_seq_id
_atom_site.auth_asym_id
"""


def rows():
    """Heavy atoms of the example's peptide, one row a line."""
    found = []
    for line in GEMMI["peptide"].read_text().splitlines():
        if line.startswith("ATOM"):
            x, y, z = (line[start : start + 8].strip() for start in (30, 38, 46))
            name, kind, number = line[12:16].strip(), line[17:20], line[22:26].strip()
            found.append(f"ATOM {len(found) + 1} {line[76:78].strip()} {name} . {kind} A {number} {x} {y} {z} {number} A")
    return found


def edited(lines, index, old, new):
    assert old in lines[index], lines[index]
    return lines[:index] + [lines[index].replace(old, new, 1)] + lines[index + 1 :]


def connection(first, second, kind="covale"):
    names = ["id", "conn_type_id"]
    names += [f"ptnr{n}_{item}" for n in (1, 2) for item in ("auth_asym_id", "auth_seq_id", "label_atom_id")]
    return "loop_\n" + "".join(f"_struct_conn.{name}\n" for name in names) + f"1 {kind} {first} {second}\n"


def bad():
    """Name and text."""
    good = rows()
    text = lambda lines, head=HEAD: head + "\n".join(lines) + "\n"
    serine = [index for index, line in enumerate(good) if " SER " in line]
    yield "number", text(edited(good, 2, good[2].split()[9], "nan"))
    yield "no-coordinate", text(edited(good, 2, good[2].split()[9], "?"))
    yield "residue-number", text(edited(good, 0, " 1 A", " . A"))
    yield "row-short", text(edited(good, 3, " . ", " "))
    yield "row-long", text(edited(good, 3, " SER ", " L SER "))
    yield "cut-off", text(good[:-1] + [good[-1][:30]])
    yield "quote", text(edited(good, 3, " N ", " 'N "))
    yield "text-field", "data_BAD\n_struct.title\n;One\n of two lines\n" + text(good, HEAD.removeprefix("data_BAD\n"))
    yield "no-block", text(good, HEAD.removeprefix("data_BAD\n"))
    yield "dictionary", "data_BAD\nsave_atom_site\n" + text(good, HEAD.removeprefix("data_BAD\n"))
    yield "no-names", "data_BAD\nloop_\nATOM 1 N\n"
    yield "no-value", "data_BAD\n_entry.id\n" + text(good, HEAD.removeprefix("data_BAD\n"))
    yield "stray-value", "data_BAD\n_struct.title Peptide of four\n" + text(good, HEAD.removeprefix("data_BAD\n"))
    yield "twice", text(good) + "_atom_site.Cartn_x 0.0\n"
    yield "two-categories", text(good, HEAD.replace("_atom_site.label_alt_id", "_entity.id"))
    yield "no-item", text([line.rsplit(" ", 3)[0] for line in good], HEAD.replace("_atom_site.Cartn_z\n", "").replace("_atom_site.auth_asym_id\n", "").replace("_atom_site.auth_seq_id\n", ""))
    yield "small-molecule", "data_BAD\n_cell_length_a 10.0\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nC1 0.1 0.2 0.3\n"
    yield "no-atoms", "data_BAD\n_entry.id BAD\n"
    yield "only-water", text([f"HETATM 1 O O . HOH B . 1.0 2.0 3.0 101 A"])
    yield "many-chains", text([f"HETATM {n} ZN ZN . ZN C{n} . {n}.0 0.0 0.0 1 C{n}" for n in range(70)])
    yield "residue", text([line.replace(" SER ", " SEX ") for line in good])
    yield "ion", text(good + ["HETATM 99 ZN ZN . ZN B . 9.0 9.0 30.0 101 A"])
    yield "atom", text(edited(good, serine[0], " N N ", " N NX "))
    yield "atom-twice", text(good[: serine[0] + 1] + good[serine[0] :])
    yield "missing-heavy", text([line for line in good if " CB . SER " not in line])
    yield "chain-break", text([line for line in good if " SER " not in line])
    yield "bond-length", text([line.replace(*two) for line, two in ((line, (line.split()[8], str(float(line.split()[8]) + 40))) if " CB . SER" in line else (line, ("", "")) for line in good)])
    yield "cross-link", connection("A 1 CH3", "A 2 CB") + text(good)
    yield "disulfide", connection("A 1 SG", "A 2 SG", "disulf") + text(good)


def main():
    (OUTPUT / "bad").mkdir(parents=True, exist_ok=True)
    for name, path in GEMMI.items():
        by_gemmi(path).write_file(str(OUTPUT / f"{name}.cif"))
    for name, path in OPENMM.items():
        pdb = app.PDBFile(str(path))
        with open(OUTPUT / f"{name}.cif", "w") as file:
            app.PDBxFile.writeFile(pdb.topology, pdb.positions, file, keepIds=True)
        without_date(OUTPUT / f"{name}.cif")
    with_components(OPENMM["aib"], OUTPUT / "aib-components.cif")
    for name, text in bad():
        text = text if text.startswith("data_") or name == "no-block" else "data_BAD\n" + text.replace("data_BAD\n", "")
        (OUTPUT / "bad" / f"{name}.cif").write_text(text)


if __name__ == "__main__":
    main()
