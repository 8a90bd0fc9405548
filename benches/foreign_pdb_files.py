"""What the program says of other people's PDB files, and whether OpenMM agrees with its energies.

    pip install -r tests/scripts/requirements.txt
    python benches/foreign_pdb_files.py FOLDER > benches/results/foreign-pdb-files.md

FOLDER holds files unpacked from the test folders of other programs, in folders named after those. Files whose residues are all amino
acids, caps or water and of at most 120 residues are taken. The molecule the program makes of a file (`saltus run` writes it as
`topology.pdb`) is given to OpenMM's Reference platform: amber14 with obc1. An energy agrees where no term is off by more than 1e-3 kJ/mol
(coordinates of added hydrogens are rounded to 0.001 angstrom in the file, so those files are compared from the rounded one).
"""

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import openmm
from openmm import app

PROGRAM = Path(__file__).parent.parent / "target" / "release" / "saltus"
TERMS = {
    "HarmonicBondForce": "bond",
    "HarmonicAngleForce": "angle",
    "PeriodicTorsionForce": "torsion",
    "NonbondedForce": "nonbonded",
    "CustomGBForce": "implicit_solvent",
}
PROTEIN = set(
    "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL ACE NME NMA NHE NH2 HID HIE HIP HSD HSE HSP "
    "ASH GLH LYN CYX CYM LYSH HISA HISB HISH HIS1 CYSH CYS2 HOH WAT SOL TIP3".split()
)
MOST_RESIDUES = 120


def is_peptide(path):
    residues = set()
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("ENDMDL"):
            break
        if line.startswith(("ATOM", "HETATM")):
            residues.add((line[17:21].strip(), line[21:27]))
    names = {name for name, _ in residues}
    peptide = {residue for residue in residues if residue[0] not in ("HOH", "WAT", "SOL", "TIP3")}
    return bool(peptide) and len(peptide) <= MOST_RESIDUES and names <= PROTEIN


def energy(path, folder):
    """Report of the program, or None, and what it wrote to stderr."""
    source = folder / "input.yaml"
    source.write_text(f"system: {{pdb: {json.dumps(str(path))}}}\n")
    done = subprocess.run([PROGRAM, "energy", source, "--json"], capture_output=True, text=True)
    said = done.stderr.replace(f"{source}:", "").replace(str(path), path.name).splitlines()
    # Of a refusal the first line says all; the rest shows the input file.
    said = said if done.returncode == 0 else [line for line in said if "|" not in line[:8]]
    return (json.loads(done.stdout) if done.returncode == 0 else None), said


def written(path, folder):
    """The molecule as the program writes it: the first frame's topology of a run of no steps worth the name."""
    source, output = folder / "run.yaml", folder / "out"
    source.write_text(
        f"system: {{pdb: {json.dumps(str(path))}, minimize: false}}\ntemperature_kelvin: 300\nthreads: 1\ndevice: cpu\n"
        "sampler:\n  - langevin: {steps: 1, timestep_fs: 0.0001}\nrun: {cycles: 1, equilibration_cycles: 0}\noutput: {every_cycles: 1}\n"
    )
    subprocess.run([PROGRAM, "run", source, "--quiet", "--force", "--output", output], capture_output=True)
    return output / "topology.pdb"


def openmm_terms(path):
    pdb = app.PDBFile(str(path))
    field = app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc1.xml")
    system = field.createSystem(pdb.topology, nonbondedMethod=app.NoCutoff, removeCMMotion=False, sasaMethod="ACE")
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(pdb.positions)
    return {
        TERMS[force.getName()]: context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value
        for group, force in enumerate(system.getForces())
    }


def deviation(report, terms):
    if report is None:
        raise ValueError("the program refuses it")
    return max(abs(report["terms_kj_per_mol"][name] - value) for name, value in terms.items())


def compare(path, report, folder):
    """In words, and whether it is right: OpenMM on the file itself, else on the molecule that the program wrote."""
    attempts = [("the file", path, report)]
    molecule = written(path, folder)
    if molecule.exists():
        attempts.append(("the molecule as written", molecule, energy(molecule, folder)[0]))
        # OpenMM begins a chain at every new letter; the program does not where a peptide bond crosses it.
        joined = folder / "joined.pdb"
        joined.write_text("".join(line[:21] + "A" + line[22:] for line in molecule.read_text().splitlines(True) if line.startswith("ATOM")))
        attempts.append(("the molecule as written, one chain letter", joined, energy(joined, folder)[0]))
    reasons = []
    for what, source, own in attempts:
        try:
            off = deviation(own, openmm_terms(source))
        except Exception as error:  # OpenMM refuses a file in many ways; each is a line of the table.
            reasons.append(f"OpenMM on {what}: {str(error).splitlines()[0][:90]}")
            continue
        if off < 1e-3:
            return f"OpenMM on {what}: largest difference of a term {off:.1e} kJ/mol", "right"
        reasons.append(f"OpenMM on {what}: a term differs by {off:.3g} kJ/mol")
    return "; ".join(reasons), "see text"


def row(root, path, folder):
    report, said = energy(path, folder)
    said = "; ".join(line.removeprefix("[WARN ] ").removeprefix("error: ") for line in said).replace("|", "/")
    if report is None:
        return [f"{path.relative_to(root)}", "refused", said[:420], "refused"]
    compared, verdict = compare(path, report, folder)
    words = f"{compared}. {said}" if said else compared
    return [f"{path.relative_to(root)}", f"{report['potential_energy_kj_per_mol']:.4f}", words[:600], verdict]


def main(root):
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout.strip()
    files = [path for path in sorted(root.rglob("*.pdb")) if is_peptide(path)]
    print(f"<!-- {datetime.date.today()}, {version}, OpenMM {openmm.version.full_version}, {len(files)} files -->\n")
    print("| file | energy, kJ/mol | comparison, and what the program says | verdict |\n|---|---|---|---|")
    for path in files:
        with tempfile.TemporaryDirectory() as folder:
            print("| " + " | ".join(row(root, path, Path(folder))) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
