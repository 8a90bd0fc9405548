"""Writes the small foreign files beside this script: python make.py (mdtraj 1.11.1, MDAnalysis 2.11.0, h5py, tables).

x = 0.1 * (frame + 1) + 0.01 * (3 * atom + axis) nm for 4 frames of 3 atoms.
"""

import pathlib

import h5py
import mdtraj
import MDAnalysis
import numpy
from mdtraj.core import element

here = pathlib.Path(__file__).parent

topology = mdtraj.Topology()
first, second = topology.add_chain(), topology.add_chain()
residue = topology.add_residue("ALA", first, resSeq=5)
atoms = [topology.add_atom("N", element.nitrogen, residue), topology.add_atom("CA", element.carbon, residue)]
atoms.append(topology.add_atom("C", element.carbon, topology.add_residue("GLY", second, resSeq=6)))
topology.add_bond(atoms[1], atoms[0])
topology.add_bond(atoms[1], atoms[2])
xyz = numpy.fromfunction(lambda f, a, d: 0.1 * (f + 1) + 0.01 * (3 * a + d), (4, 3, 3))
trajectory = mdtraj.Trajectory(xyz, topology, time=0.5 * numpy.arange(4))
trajectory.save_hdf5(str(here / "mdtraj.h5"))

trajectory.save_hdf5(str(here / "mdtraj_angstrom.h5"))
with h5py.File(here / "mdtraj_angstrom.h5", "a") as file:
    file["coordinates"][...] *= 10
    file["coordinates"].attrs["units"] = "angstroms"
    file["time"][...] *= 1000
    file["time"].attrs["units"] = "femtoseconds"
    file["potentialEnergy"] = numpy.arange(4, dtype="f8")
    file["potentialEnergy"].attrs["units"] = numpy.bytes_("kilocalories_per_mole")

trajectory.save_hdf5(str(here / "furlongs.h5"))
with h5py.File(here / "furlongs.h5", "a") as file:
    file["coordinates"].attrs["units"] = "furlongs"

universe = MDAnalysis.Universe.empty(3, trajectory=True)
universe.trajectory.units = {"time": "ps", "length": "Angstrom"}
with MDAnalysis.Writer(
    str(here / "mdanalysis.h5md"), 3, lengthunit="Angstrom", timeunit="ps", creator="make.py", author="saltus"
) as writer:
    for index in range(4):
        universe.atoms.positions = 10 * xyz[index]
        universe.trajectory.ts.time = 0.5 * index
        writer.write(universe)

with h5py.File(here / "not_a_trajectory.h5", "w") as file:
    file["weights"] = numpy.zeros(3)

with h5py.File(here / "interval.h5", "w") as file, h5py.File(here / "mdtraj.h5") as source:
    file.create_group("h5md").attrs["version"] = [1, 1]
    position = file.create_group("particles/all/position")
    file.create_group("particles/all/box").attrs["dimension"] = 3
    position["value"] = 1000 * xyz
    position["value"].attrs["unit"] = "pm"
    position["step"], position["time"] = 50, 0.5
    position["step"].attrs["offset"], position["time"].attrs["offset"] = 100, 2.0
    position["time"].attrs["unit"] = "ns"
    file["observables/potential_energy/value"] = numpy.arange(4, dtype="f8")  # without a unit, as MDAnalysis writes them
    file["topology"] = source["topology"][...]
