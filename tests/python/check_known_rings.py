"""Cyclic peptides that people know, from one line each: built, minimised, run, analysed, opened by MDTraj and MDAnalysis, and the
energies of their frames those of OpenMM's Reference platform.

    python tests/python/check_known_rings.py [--self-test] [--cycles N] SALTUS

N-methyl valine (cilengitide) comes by a serialized System, ornithine (gramicidin S) by a force-field XML that stands beside the built-in
one. Their charges are made up of those of valine and lysine: parameters to test a program with, not to publish with.
With --self-test OpenMM has another solvent, which has to be found out.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import MDAnalysis
import mdtraj
import numpy
import openmm
from openmm import app, unit

warnings.filterwarnings("ignore")
# Name, sequence, disulfides.
NATURAL = [
    ("cyclo(RGDfV)", "cyclo(RGDfV)", []),
    ("cyclo(GGGGGG)", "cyclo(GGGGGG)", []),
    ("cyclo(AAAAAA)", "cyclo(AAAAAA)", []),
    ("oxytocin", "CYIQNCPLG-NH2", [[1, 6]]),
    ("octreotide's peptide part", "fCFwKTCT", [[2, 7]]),
    ("alpha-conotoxin GI", "ECCNPACGRHYSC-NH2", [[2, 7], [3, 13]]),
    ("sunflower trypsin inhibitor", "cyclo(GRCTKSIPPICFPD)", [[3, 11]]),
    ("kalata B1", "cyclo(GLPVCGETCVGGTCNTPGCTCSWPVCTRN)", [[5, 19], [9, 21], [14, 26]]),
]
INPUT = """
temperature_kelvin: 310
replicas: 4
seed: 7
device: cpu
precision: double
sampler:
  - hmc: {{steps: 9, timestep_fs: 1.2, integrator: three_stage, adapt: true, target_acceptance: 0.9, jitter: 0.5}}
  - concerted: {{repeats: 4}}{torsion}
run: {{cycles: {cycles}, equilibration_cycles: {equilibration}}}
output: {{directory: out, every_cycles: 5}}
"""
# Frames are stored in f32: 1e-7 nm against forces of some 1,000 kJ/mol/nm on each of some hundred atoms.
TOLERANCE_KJ_PER_MOL = 0.05
ORNITHINE = {"HB2": 0.0362, "HB3": 0.0362, "CB": -0.0094, "CG": 0.095, "HG2": 0.0103, "HG3": 0.0103}


def run(*arguments, **options):
    result = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{arguments}: {result.stderr}"
    return result.stdout


def force_field_text():
    return (pathlib.Path(app.__file__).parent / "data" / "amber14" / "protein.ff14SB.xml").read_text()


def template(residue):
    """Atom types and charges of a residue of ff14SB, and its bonds."""
    import xml.etree.ElementTree as tree

    found = next(node for node in tree.fromstring(force_field_text()).iter("Residue") if node.get("name") == residue)
    atoms = {atom.get("name"): (atom.get("type"), float(atom.get("charge"))) for atom in found.findall("Atom")}
    return atoms, [(bond.get("atomName1"), bond.get("atomName2")) for bond in found.findall("Bond")]


def write_template(path, name, atoms, bonds):
    lines = [f'<Atom name="{atom}" type="{kind}" charge="{charge:.6f}"/>' for atom, (kind, charge) in atoms.items()]
    lines += [f'<Bond atomName1="{a}" atomName2="{b}"/>' for a, b in bonds]
    lines += [f'<ExternalBond atomName="{atom}"/>' for atom in ("N", "C")]
    path.write_text(f'<ForceField><Residues><Residue name="{name}">{"".join(lines)}</Residue></Residues></ForceField>\n')


def balanced(atoms, onto, total):
    """The same atoms with what is missing to the total charge on one of them."""
    kind, charge = atoms[onto]
    return atoms | {onto: (kind, charge + total - sum(value for _, value in atoms.values()))}


def ornithine(path):
    atoms, bonds = template("LYS")
    gone = {"CD", "HD2", "HD3"}
    renamed = {"CE": "CD", "HE2": "HD2", "HE3": "HD3", "NZ": "NE", "HZ1": "HE1", "HZ2": "HE2", "HZ3": "HE3"}
    kept = {renamed.get(name, name): value for name, value in atoms.items() if name not in gone}
    bonds = [(renamed.get(a, a), renamed.get(b, b)) for a, b in bonds if not gone & {a, b}]
    write_template(path, "ORN", balanced(kept, "CG", 1.0), [*bonds, ("CG", "CD")])


def methyl_valine(path):
    atoms, bonds = template("VAL")
    methyl = atoms["HA"][0]
    atoms.pop("H")
    bonds = [bond for bond in bonds if "H" not in bond]
    atoms |= {"CN": ("protein-CT", -0.1), "HN1": (methyl, 0.09), "HN2": (methyl, 0.09), "HN3": (methyl, 0.09)}
    bonds += [("N", "CN"), ("CN", "HN1"), ("CN", "HN2"), ("CN", "HN3")]
    write_template(path, "MVA", balanced(atoms, "CN", 0.0), bonds)


class Draft:
    """A molecule as lists, to be changed and written again."""

    def __init__(self, path):
        pdb = app.PDBFile(str(path))
        self.atoms = [
            [atom.residue.index, atom.residue.name, atom.name, atom.element, numpy.array(position._value)]
            for atom, position in zip(pdb.topology.atoms(), pdb.positions, strict=True)
        ]
        key = {atom.index: (atom.residue.index, atom.name) for atom in pdb.topology.atoms()}
        self.bonds = {frozenset((key[a.index], key[b.index])) for a, b in pdb.topology.bonds()}

    def at(self, residue, name):
        return next(atom for atom in self.atoms if atom[0] == residue and atom[2] == name)

    def remove(self, residue, *names):
        self.atoms = [atom for atom in self.atoms if not (atom[0] == residue and atom[2] in names)]
        self.bonds = {bond for bond in self.bonds if not any((residue, name) in bond for name in names)}

    def add(self, residue, name, element, position, *bonded):
        last = max(index for index, atom in enumerate(self.atoms) if atom[0] == residue)
        self.atoms.insert(last + 1, [residue, self.atoms[last][1], name, element, position])
        self.bonds |= {frozenset(((residue, name), (residue, other))) for other in bonded}

    def rename(self, residue, names):
        for atom in self.atoms:
            if atom[0] == residue:
                atom[2] = names.get(atom[2], atom[2])
        own = lambda key: (key[0], names.get(key[1], key[1])) if key[0] == residue else key
        self.bonds = {frozenset(own(key) for key in bond) for bond in self.bonds}

    def name_residue(self, residue, name):
        for atom in self.atoms:
            if atom[0] == residue:
                atom[1] = name

    def molecule(self):
        topology = app.Topology()
        chain = topology.addChain("A")
        atoms, residues = {}, {}
        for residue, residue_name, name, element, _ in self.atoms:
            if residue not in residues:
                residues[residue] = topology.addResidue(residue_name, chain, str(residue + 1))
            atoms[residue, name] = topology.addAtom(name, element, residues[residue])
        for bond in self.bonds:
            topology.addBond(*(atoms[key] for key in bond))
        return topology, numpy.array([atom[4] for atom in self.atoms])


def relaxed(force_field, topology, positions):
    context = openmm.Context(
        force_field.createSystem(topology), openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference")
    )
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, 10.0, 500)
    return context.getState(getPositions=True).getPositions(asNumpy=True)


def write(folder, force_field, draft):
    topology, positions = draft.molecule()
    positions = relaxed(force_field, topology, positions)
    with open(folder / "start.pdb", "w") as file:
        app.PDBFile.writeFile(topology, positions, file, keepIds=True)
    return topology


def gramicidin(saltus, folder, solvent):
    ornithine(folder / "orn.xml")
    run(saltus, "build", "cyclo(fPVKLfPVKL)", "-o", folder / "parent.pdb")
    draft = Draft(folder / "parent.pdb")
    for residue in (3, 8):
        near, far = draft.at(residue, "CG")[4], draft.at(residue, "CD")[4]
        shift = far - draft.at(residue, "CE")[4]
        draft.remove(residue, "CD", "HD2", "HD3")
        draft.bonds.add(frozenset(((residue, "CG"), (residue, "CE"))))
        for atom in draft.atoms:
            if atom[0] == residue and atom[2] in ("CE", "HE2", "HE3", "NZ", "HZ1", "HZ2", "HZ3"):
                atom[4] = atom[4] + shift
        assert numpy.linalg.norm(near - draft.at(residue, "CE")[4]) < 0.17
        draft.rename(residue, {"CE": "CD", "HE2": "HD2", "HE3": "HD3", "NZ": "NE", "HZ1": "HE1", "HZ2": "HE2", "HZ3": "HE3"})
        draft.name_residue(residue, "ORN")
    topology = write(folder, app.ForceField("amber14/protein.ff14SB.xml", str(folder / "orn.xml")), draft)
    own = app.ForceField("amber14/protein.ff14SB.xml", f"implicit/{solvent}.xml", str(folder / "orn.xml"))
    return "{pdb: start.pdb, force_field: [amber14, orn.xml], solvent: gbn2}", own.createSystem(topology)


def cilengitide(saltus, folder, solvent):
    methyl_valine(folder / "mva.xml")
    run(saltus, "build", "cyclo(RGDfV)", "-o", folder / "parent.pdb")
    draft = Draft(folder / "parent.pdb")
    nitrogen, hydrogen = draft.at(4, "N")[4], draft.at(4, "H")[4]
    out = (hydrogen - nitrogen) / numpy.linalg.norm(hydrogen - nitrogen)
    side = numpy.cross(out, draft.at(4, "CA")[4] - nitrogen)
    side /= numpy.linalg.norm(side)
    other = numpy.cross(out, side)
    draft.remove(4, "H")
    carbon = nitrogen + 0.147 * out
    draft.add(4, "CN", app.element.carbon, carbon, "N")
    for number in range(3):
        angle = 2 * numpy.pi * number / 3 + 0.4
        tip = 0.036 * out + 0.103 * (numpy.cos(angle) * side + numpy.sin(angle) * other)
        draft.add(4, f"HN{number + 1}", app.element.hydrogen, carbon + tip, "CN")
    draft.name_residue(4, "MVA")
    fields = ("amber14/protein.ff14SB.xml", str(folder / "mva.xml"))
    topology = write(folder, app.ForceField(*fields), draft)
    system = app.ForceField(*fields, "implicit/gbn2.xml").createSystem(topology)
    (folder / "system.xml").write_text(openmm.XmlSerializer.serialize(system))
    if solvent != "gbn2":
        system = app.ForceField(*fields, f"implicit/{solvent}.xml").createSystem(topology)
    return "{openmm_system: system.xml, pdb: start.pdb}", system


def natural(sequence, disulfides, saltus, folder, solvent):
    return f'{{sequence: "{sequence}", disulfides: {disulfides}, solvent: gbn2}}', None


def check(name, make, saltus, cycles, solvent):
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home)
        system_line, system = make(saltus, folder, solvent)
        # In a ring of glycines no bond turns by itself.
        torsion = "" if "(GGGGGG)" in system_line else "\n  - torsion: {kind: single, repeats: 4}"
        text = f"system: {system_line}" + INPUT.format(cycles=cycles, equilibration=cycles // 4, torsion=torsion)
        (folder / "input.yaml").write_text(text)
        run(saltus, "run", "input.yaml", "--quiet", cwd=home)
        report = json.loads(run(saltus, "analyze", "out", "--json", cwd=home))
        pdb = app.PDBFile(str(folder / "out" / "topology.pdb"))
        if system is None:
            fields = app.ForceField("amber14/protein.ff14SB.xml", f"implicit/{solvent}.xml")
            system = fields.createSystem(pdb.topology)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
        deviations, moved, n_frames = [], [], 0
        for path in sorted((folder / "out").glob("trajectory_*.h5")):
            frames = mdtraj.load(str(path))
            written = mdtraj.formats.HDF5TrajectoryFile(str(path)).read().potentialEnergy
            universe = MDAnalysis.Universe(str(folder / "out" / "topology.pdb"), str(path), format="H5MD")
            assert [atom.name for atom in frames.topology.atoms] == list(universe.atoms.names), name
            assert frames.topology.n_bonds == pdb.topology.getNumBonds(), f"{name}: bonds"
            n_frames += len(frames)
            for frame, positions, energy in zip(universe.trajectory, frames.xyz, written, strict=True):
                assert numpy.allclose(frame.positions, 10 * positions, atol=1e-4), name
                context.setPositions(positions.astype(float))
                expected = context.getState(getEnergy=True).getPotentialEnergy()._value
                deviations.append(abs(energy - expected))
            backbone = frames.topology.select("name N CA C")
            moved.append(mdtraj.rmsd(frames, frames, 0, atom_indices=backbone).max())
        worst = max(deviations)
        n_observables = len(report["observables"])
        print(
            f"{name}: {pdb.topology.getNumAtoms()} atoms, {n_frames} frames, at most {worst:.4f} kJ/mol from OpenMM, backbone moved by up to "
            f"{max(moved):.2f} nm, {n_observables} observables",
            flush=True,
        )
        return worst < TOLERANCE_KJ_PER_MOL


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("saltus", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--cycles", type=int, default=40)
    arguments = parser.parse_args()
    saltus = arguments.saltus.resolve()
    makers = [(name, lambda *rest, s=sequence, d=disulfides: natural(s, d, *rest)) for name, sequence, disulfides in NATURAL]
    makers += [("gramicidin S", gramicidin), ("cilengitide", cilengitide)]
    solvent = "obc2" if arguments.self_test else "gbn2"
    for name, make in makers[:1] + makers[-2:] if arguments.self_test else makers:
        is_same = check(name, make, saltus, arguments.cycles, solvent)
        if is_same == arguments.self_test:
            print(f"{name}: {'the planted error was not seen' if is_same else 'too far from OpenMM'}", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
