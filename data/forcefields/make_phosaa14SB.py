"""Writes data/forcefields/phosaa14SB.xml: openmmforcefields' phosaa14SB made to fit on OpenMM's protein.ff14SB.xml.

    pip install openmm==8.6.1
    pip download --no-deps --no-binary :all: openmmforcefields==0.15.1  # and unpack it
    python data/forcefields/make_phosaa14SB.py openmmforcefields-0.15.1/openmmforcefields/ffxml/amber

openmmforcefields' file belongs to its ff14SB.xml, which holds all of AMBER's parm10 and has other type names than the
protein files. Types get the names of the protein files, definitions name types, and what phosphorylated residues need of
parm10 and protein.ff14SB.xml lacks (phosphorus) comes with them. No number is changed.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from openmm import app

SECTIONS = ["HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce"]


def classes(definition):
    """What a definition names, classes or types, without the prefix of the protein files."""
    names = []
    for number in ("", "1", "2", "3", "4"):
        name = definition.get(f"class{number}", definition.get(f"type{number}"))
        names += [] if name is None else [name.removeprefix("protein-")]
    return names


def is_same(first, second):
    return first.tag == second.tag and classes(first) in (classes(second), classes(second)[::-1])


def by_type(definition):
    """The definition with `typeN="protein-X"` for `classN="X"`."""
    for key in [key for key in definition.attrib if key.startswith("class")]:
        name = definition.attrib.pop(key)
        definition.set(key.replace("class", "type"), f"protein-{name}" if name else "")
    return definition


def main(folder):
    protein = ElementTree.parse(Path(app.__file__).parent / "data" / "amber14" / "protein.ff14SB.xml").getroot()
    whole = ElementTree.parse(folder / "ff14SB.xml").getroot()
    tree = ElementTree.parse(folder / "phosaa14SB.xml")
    root = tree.getroot()
    types, residues = root.find("AtomTypes"), root.find("Residues")
    in_use = {atom.get("type") for atom in residues.iter("Atom")}
    known = {kind.get("name").removeprefix("protein-") for kind in protein.find("AtomTypes")}
    known |= {kind.get("name") for kind in types}
    types.extend(kind for kind in whole.find("AtomTypes") if kind.get("name") in in_use - known)
    for kind in types:
        kind.set("name", "protein-" + kind.get("name"))
    for atom in residues.iter("Atom"):
        atom.set("type", "protein-" + atom.get("type"))
    for name in SECTIONS:
        section = root.find(name)
        missing = [
            definition
            for definition in whole.find(name)
            if classes(definition)
            and set(classes(definition)) <= in_use | {""}
            and not any(is_same(definition, other) for other in [*protein.find(name), *section])
        ]
        for place, definition in enumerate(missing):
            section.insert(place + len(section.findall("UseAttributeFromResidue")), definition)
        for definition in section:
            by_type(definition)
    ElementTree.indent(tree)
    tree.write(Path(__file__).parent / "phosaa14SB.xml")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_phosaa14SB.py FOLDER, openmmforcefields' folder ffxml/amber")
    main(Path(sys.argv[1]))
