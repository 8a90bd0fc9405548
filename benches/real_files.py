"""Other people's PDB and mmCIF files: what the program says of each, and whether OpenMM gives the same energy.

    pip install -r tests/scripts/requirements.txt
    python benches/real_files.py FOLDER --saltus target/release/saltus --machine "words" > benches/results/real_files_DATE.md

FOLDER holds files unpacked from packages, in folders named after those (`.gz` undone). Taken are files with backbones of amino acids, of 2
to 400 residues (waters not counted). OpenMM reads a file as it is (`PDBFile`, `PDBxFile`) and its Reference platform computes ff14SB without cutoff,
in vacuum and in OBC2; the program computes `energy` at the coordinates and in the order of the file. Where OpenMM cannot take the file
(atoms lack, waters, chain breaks by letter), both compute the molecule that the program writes of it (`topology.pdb` of a run).
"""

import argparse
import collections
import datetime
import json
import subprocess
import tempfile
import warnings
from pathlib import Path

import openmm
from openmm import app

warnings.simplefilter("ignore")

AMINO_ACIDS = set("ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split())
WATERS = set("HOH WAT H2O SOL TIP TIP3 TIP4 SPC DOD OH2".split())
MOST_RESIDUES = 400
# kJ/mol in f64.
TOLERANCE = 1e-4
SOLVENTS = ("vacuum", "obc2")
FIELDS = {
    "vacuum": app.ForceField("amber14/protein.ff14SB.xml"),
    "obc2": app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc2.xml"),
}


def is_mmcif(path):
    return path.suffix.lower() in (".cif", ".mmcif", ".pdbx")


def atoms(path):
    """Residue name, place and atom name of every atom of the first model; roughly, for choosing files only."""
    columns = []
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("ENDMDL"):
            return
        if line.startswith("_atom_site."):
            columns.append(line.split()[0].split(".")[1])
        elif line.startswith(("ATOM", "HETATM")) and columns:
            row = dict(zip(columns, line.split()))
            pick = lambda item: row.get(f"auth_{item}", row.get(f"label_{item}", ""))
            yield pick("comp_id"), (pick("asym_id"), pick("seq_id")), pick("atom_id").strip("\"'")
        elif line.startswith(("ATOM", "HETATM")):
            yield line[17:21].strip(), line[21:27], line[12:16].strip()


def n_residues(path):
    """How many residues a file has beside waters, or None if it is no peptide."""
    found = [atom for atom in atoms(path) if atom[0] not in WATERS]
    residues = {(kind, place) for kind, place, _ in found}
    backbone = {"N", "CA", "C"} <= {name for kind, _, name in found if kind in AMINO_ACIDS}
    return len(residues) if backbone and 2 <= len(residues) <= MOST_RESIDUES else None


class Program:
    def __init__(self, path):
        self.path = path
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        self.version = version.stdout.strip()

    def energies(self, path, folder):
        """Energy in each solvent, or None, and what it said."""
        found = {}
        for solvent in SOLVENTS:
            source = folder / "input.yaml"
            source.write_text(f"system: {{pdb: {json.dumps(str(path))}, solvent: {solvent}}}\n")
            done = subprocess.run([self.path, "energy", source, "--json"], capture_output=True, text=True)
            said = done.stderr.replace(str(path), path.name).replace(f"{source}:", "").splitlines()
            if done.returncode != 0:
                # Of a refusal the first line says all; the rest shows the input file.
                return None, [line for line in said if "|" not in line[:8]]
            found[solvent] = json.loads(done.stdout)["potential_energy_kj_per_mol"]
        return found, said

    def written(self, path, folder):
        """The molecule as the program writes it, beside the trajectory of one tiny step."""
        source, output = folder / "run.yaml", folder / "out"
        source.write_text(
            f"system: {{pdb: {json.dumps(str(path))}, minimize: false}}\ntemperature_kelvin: 300\nthreads: 1\ndevice: cpu\n"
            "sampler:\n  - langevin: {steps: 1, timestep_fs: 0.0001}\nrun: {cycles: 1, equilibration_cycles: 0}\noutput: {every_cycles: 1}\n"
        )
        subprocess.run([self.path, "run", source, "--quiet", "--force", "--output", output], capture_output=True)
        return output / "topology.pdb"


def openmm_energies(path):
    read = app.PDBxFile(str(path)) if is_mmcif(path) else app.PDBFile(str(path))
    energies = {}
    for solvent, field in FIELDS.items():
        system = field.createSystem(read.topology, nonbondedMethod=app.NoCutoff, removeCMMotion=False)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
        context.setPositions(read.positions)
        energies[solvent] = context.getState(getEnergy=True).getPotentialEnergy()._value
    return energies


def try_openmm(path):
    """Energies, or None and why not."""
    try:
        return openmm_energies(path), ""
    except Exception as error:  # OpenMM refuses a file in many ways; each is a cell of the table.
        return None, " ".join(str(error).split())


def cell(text, length):
    text = text.replace("|", "/").replace("\n", " ")
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " ..."


def words(said):
    """Warnings and refusals without what every line has."""
    lines = (line.removeprefix("[WARN ] ").removeprefix("error: ") for line in said)
    return "; ".join(lines).replace(" system.pdb: ", " ")


def deviation(own, reference):
    return max(abs(own[solvent] - reference[solvent]) for solvent in SOLVENTS)


def row(program, root, path, folder):
    """Cells and verdict."""
    own, said = program.energies(path, folder)
    reference, refusal = try_openmm(path)
    name = f"{path.relative_to(root)}"
    if own is None:
        other = f"reads it: {reference['vacuum']:.6g}" if reference else cell(refusal, 90)
        return [name, "refused", cell(words(said), 260), "", other], "refused"
    numbers = f"{own['vacuum']:.4f}, {own['obc2']:.4f}"
    if reference is not None:
        off = deviation(own, reference)
        verdict = "equal" if off < TOLERANCE else "differs"
        return [name, numbers, cell(words(said), 130), f"{off:.1e}", "reads it"], verdict
    molecule = program.written(path, folder)
    again, why = try_openmm(molecule) if molecule.exists() else (None, "no topology.pdb")
    if again is None:
        # A peptide bond that crosses a chain letter, a residue or a ring that OpenMM does not take from a PDB file.
        return [name, numbers, cell(words(said), 130), "", f"{cell(refusal, 60)}; as written: {cell(why, 90)}"], "OpenMM takes neither"
    off = deviation(program.energies(molecule, folder)[0], again)
    verdict = "equal as written" if off < TOLERANCE else "differs"
    return [name, numbers, cell(words(said), 130), f"{off:.1e}", f"as written; {cell(refusal, 60)}"], verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--saltus", type=Path, required=True)
    parser.add_argument("--machine", default="")
    arguments = parser.parse_args()
    program = Program(arguments.saltus.resolve())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent).stdout.strip()
    sizes = {path: n_residues(path) for path in sorted(arguments.folder.rglob("*")) if path.is_file()}
    files = [path for path, size in sizes.items() if size]
    rows, verdicts = [], collections.Counter()
    for path in files:
        with tempfile.TemporaryDirectory() as folder:
            cells, verdict = row(program, arguments.folder, path, Path(folder))
        verdicts[verdict] += 1
        verdicts["mmCIF"] += is_mmcif(path)
        rows.append("| " + " | ".join([cells[0], str(sizes[path]), *cells[1:], verdict]) + " |")
    print(f"{datetime.date.today()}, {program.version} at {commit}, OpenMM {openmm.version.full_version}, Reference platform, f64. {arguments.machine}\n")
    print(f"{len(files)} files, {verdicts.pop('mmCIF')} of them mmCIF: " + ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common()) + ".\n")
    print("| file | residues | vacuum and OBC2, kJ/mol | what the program says | largest difference | OpenMM | verdict |\n|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
