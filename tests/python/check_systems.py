"""Runs serialized OpenMM Systems through saltus and compares with OpenMM, MDTraj and MDAnalysis.

    python check_systems.py target/release/saltus               exit 0 if all agree, 1 with a message if not
    python check_systems.py --self-test target/release/saltus   runs another System than OpenMM has, and exits 1 unless that is found

The Systems are those of tests/data/systems. Of every frame of a short run: OpenMM's Reference platform, given the file's own System,
has the potential energy that saltus wrote; MDTraj and MDAnalysis read the same positions, and atoms in the order of the PDB file.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import MDAnalysis
import mdtraj
import numpy
import openmm

DATA = pathlib.Path(__file__).parent.parent / "data" / "systems"
# Terms of the rest are still to come on some engines: all are compared that have neither maps nor harmonic impropers.
NAMES = ["amber14_gbn2_rigid", "class_gbn", "chloroethanol_native", "ring_of_glycines_obc1", "disulfide_gbn"]
INPUT = """
system: {openmm_system: system.xml, pdb: topology.pdb}
temperature_kelvin: 310
replicas: 1
seed: 3
device: cpu
precision: double
threads: 1
sampler: [{langevin: {steps: 10, timestep_fs: 1.0}}]
run: {cycles: 20, equilibration_cycles: 5}
output: {every_cycles: 2}
"""
# Frames are stored in f32: 1e-7 nm against forces of some 1,000 kJ/mol/nm on each atom.
TOLERANCE_KJ_PER_MOL = 0.02


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(1)


def run(saltus, name, plant):
    """The largest deviation of a frame's energy from OpenMM's."""
    reference = json.load(gzip.open(DATA / f"{name}.json.gz"))
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home)
        xml = reference["system"].replace("soluteDielectric=1;", "soluteDielectric=1.02;") if plant else reference["system"]
        (folder / "system.xml").write_text(xml)
        (folder / "topology.pdb").write_text(reference["pdb"])
        (folder / "input.yaml").write_text(INPUT)
        subprocess.run([saltus, "run", "input.yaml", "--quiet"], cwd=home, check=True)
        path = str(folder / "out" / "trajectory_0000.h5")
        frames = mdtraj.load(path)
        written = mdtraj.formats.HDF5TrajectoryFile(path).read().potentialEnergy
        names = [line[12:16].strip() for line in reference["pdb"].splitlines() if line.startswith(("ATOM", "HETATM"))]
        if [atom.name for atom in frames.topology.atoms] != names:
            fail(f"{name}: MDTraj has other atoms than the PDB file")
        universe = MDAnalysis.Universe(str(folder / "out" / "topology.pdb"), path, format="H5MD")
        if list(universe.atoms.names) != names:
            fail(f"{name}: MDAnalysis has other atoms than the PDB file")
        for frame, expected in zip(universe.trajectory, frames.xyz, strict=True):
            if not numpy.allclose(frame.positions, 10 * expected, atol=1e-4):
                fail(f"{name}: MDTraj and MDAnalysis read other positions")
        context = openmm.Context(
            openmm.XmlSerializer.deserialize(reference["system"]),
            openmm.VerletIntegrator(0.001),
            openmm.Platform.getPlatformByName("Reference"),
        )
        deviations = []
        for positions, energy in zip(frames.xyz, written, strict=True):
            context.setPositions(positions.astype(float))
            expected = context.getState(getEnergy=True).getPotentialEnergy()._value
            deviations.append(abs(energy - expected))
    return max(deviations)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("saltus", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    saltus = arguments.saltus.resolve()
    names = NAMES[:1] if arguments.self_test else NAMES
    for name in names:
        deviation = run(saltus, name, arguments.self_test)
        print(f"{name}: frames differ from OpenMM by at most {deviation:.4f} kJ/mol")
        if (deviation > TOLERANCE_KJ_PER_MOL) != arguments.self_test:
            fail(f"{name}: {'the planted error was not seen' if arguments.self_test else 'too far from OpenMM'}")


if __name__ == "__main__":
    main()
