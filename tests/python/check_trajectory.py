"""Opens trajectories with MDTraj, MDAnalysis, h5py and PyTables and compares all that they read.

    python check_trajectory.py out/trajectory_0000.h5 ...      exit 0 if all readers agree, 1 with a message if not
    python check_trajectory.py --self-test out/trajectory_0000.h5
        plants errors in copies (changed units, a moved atom, a broken link, ...) and exits 1 unless each is found

A `topology.pdb` beside a file is compared with the topology inside; `export.pdb`, `export.dcd` and `export.xtc` beside it
must hold the same frames. Needs mdtraj, tables, MDAnalysis, h5py, numpy. Sample files for it:

    SALTUS_SAMPLE_DIR=some/folder cargo test --release --test trajectory -- sample_for_other_readers export
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import warnings

import h5py
import MDAnalysis
import mdtraj
import numpy
import tables
from mdtraj.formats import HDF5TrajectoryFile

ANGSTROM_PER_NM = 10.0
LINKS = {
    "coordinates": "particles/trajectory/position/value",
    "time": "particles/trajectory/position/time",
    "velocities": "particles/trajectory/velocity/value",
    "potentialEnergy": "observables/potential_energy/value",
    "kineticEnergy": "observables/kinetic_energy/value",
    "temperature": "observables/temperature/value",
}
UNITS = {
    "coordinates": ("nm", "nanometers"),
    "time": ("ps", "picoseconds"),
    "velocities": ("nm ps-1", "nanometers/picosecond"),
    "potentialEnergy": ("kJ mol-1", "kilojoules_per_mole"),
    "kineticEnergy": ("kJ mol-1", "kilojoules_per_mole"),
    "temperature": ("K", "kelvin"),
}


class Difference(Exception):
    """Two readers disagree."""


def same(what, got, expected, tolerance=0.0):
    """Fails unless two arrays have one shape and agree; NaN equals NaN."""
    got, expected = numpy.asarray(got), numpy.asarray(expected)
    if got.shape != expected.shape:
        raise Difference(f"{what}: shapes {got.shape} and {expected.shape}")
    if got.dtype.kind in "fc" or expected.dtype.kind in "fc":
        if numpy.allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
            return
        difference = numpy.nanmax(numpy.abs(got - expected))
        raise Difference(f"{what}: differs by up to {difference:.3g}, allowed {tolerance:.3g}")
    if not (got == expected).all():
        raise Difference(f"{what}: {got[got != expected][:3]} and {expected[got != expected][:3]}")


def read_raw(path):
    """h5py: the arrays under their H5MD names."""
    with h5py.File(path, "r") as file:
        raw = {root: file[h5md][...] for root, h5md in LINKS.items() if h5md in file}
        raw["step"] = file["particles/trajectory/position/step"][...]
    return raw


def check_layout(path, raw):
    """h5py: links, units, H5MD's mandatory parts, our own group."""
    with h5py.File(path, "r") as file:
        if list(file["h5md"].attrs["version"]) != [1, 1]:
            raise Difference(f"h5md version is {file['h5md'].attrs['version']}, expected [1, 1]")
        for group, names in {"author": ["name"], "creator": ["name", "version"]}.items():
            for name in names:
                if not isinstance(file["h5md"][group].attrs[name], str):
                    raise Difference(f"h5md/{group} attribute {name} is not a text")
        box = file["particles/trajectory/box"].attrs
        if box["dimension"] != 3 or [bytes(b) for b in box["boundary"]] != [b"none"] * 3:
            raise Difference(f"box attributes are {dict(box)}")
        for root, h5md in LINKS.items():
            if root not in raw:
                continue
            if h5py.h5o.get_info(file[root].id).addr != h5py.h5o.get_info(file[h5md].id).addr:
                raise Difference(f"/{root} and /{h5md} are not one dataset")
            units = (file[root].attrs["unit"], file[root].attrs["units"])
            if units != UNITS[root]:
                raise Difference(f"/{root} has units {units}, expected {UNITS[root]}")
        for element in ["observables/potential_energy", "observables/kinetic_energy", "observables/temperature"]:
            same(f"{element}/step", file[element]["step"][...], raw["step"])
            same(f"{element}/time", file[element]["time"][...], raw["time"])
        own = file["saltus"]
        kernels = json.loads(own["kernel_names_json"][0])
        if kernels:
            same("acceptance shape", own["acceptance"].shape, (len(raw["step"]), len(kernels)))
        same("masses", own["masses_da"].shape, raw["coordinates"].shape[1:2])
        for name in ["program_version", "device", "seed", "exact", "replica", "temperature_kelvin"]:
            own.attrs[name]
        json.loads(own["metadata_json"][0])
        own["input_yaml"][0].decode()


def check_mdtraj(path, raw):
    """MDTraj's arrays against the raw ones; returns its trajectory."""
    trajectory = mdtraj.load(str(path))
    same("MDTraj positions", trajectory.xyz, raw["coordinates"])
    same("MDTraj times", trajectory.time, raw["time"], 1e-6)
    with HDF5TrajectoryFile(str(path)) as file:
        frames = file.read()
    for name in ["velocities", "potentialEnergy", "kineticEnergy", "temperature"]:
        if name in raw:
            same(f"MDTraj {name}", getattr(frames, name), raw[name])
    return trajectory


def check_pytables(path, raw):
    """PyTables' arrays against the raw ones."""
    with tables.open_file(str(path)) as file:
        for root in LINKS:
            if root in raw:
                same(f"PyTables {root}", file.get_node("/" + root)[:], raw[root])
        json.loads(file.root.topology[0])
        if file.root._v_attrs.conventions != "Pande":
            raise Difference(f"root attribute conventions is {file.root._v_attrs.conventions}")


def universe_of(path, trajectory):
    """An MDAnalysis universe with topology.pdb beside the file, or with atoms only."""
    pdb = path.parent / "topology.pdb"
    if not pdb.exists():
        universe = MDAnalysis.Universe.empty(trajectory.n_atoms, trajectory=True)
        return universe.load_new(str(path), format="H5MD")
    universe = MDAnalysis.Universe(str(pdb), str(path), format="H5MD", topology_format="PDB")
    atoms = list(trajectory.topology.atoms)
    same("atom names", universe.atoms.names.astype(str), [atom.name for atom in atoms])
    same("residue names", universe.atoms.resnames.astype(str), [atom.residue.name for atom in atoms])
    same("residue numbers", universe.atoms.resids, [atom.residue.resSeq for atom in atoms])
    chains = [atom.residue.chain.chain_id for atom in atoms]
    same("chains", universe.atoms.chainIDs.astype(str), chains)
    return universe


def check_mdanalysis(path, raw, trajectory):
    """MDAnalysis' frames, in angstroms, against the raw ones."""
    universe = universe_of(path, trajectory)
    same("MDAnalysis frames", universe.trajectory.n_frames, len(raw["step"]))
    for index, frame in enumerate(universe.trajectory):
        at = f"MDAnalysis frame {index}"
        same(f"{at} positions", frame.positions, raw["coordinates"][index] * ANGSTROM_PER_NM, 2e-6)
        same(f"{at} time", frame.time, raw["time"][index], 1e-9)
        same(f"{at} step", frame.data["step"], raw["step"][index])
        same(f"{at} potential energy", frame.data["potential_energy"], raw["potentialEnergy"][index])
        same(f"{at} kinetic energy", frame.data["kinetic_energy"], raw["kineticEnergy"][index])
        same(f"{at} temperature", frame.data["temperature"], raw["temperature"][index])
        if "velocities" in raw:
            same(f"{at} velocities", frame.velocities, raw["velocities"][index] * ANGSTROM_PER_NM, 2e-6)


def check_exports(path, trajectory):
    """Exported frames against those of the file."""
    for name, tolerance in {"export.pdb": 5.1e-5, "export.dcd": 1e-6, "export.xtc": 5.1e-4}.items():
        export = path.parent / name
        if not export.exists():
            continue
        top = None if name.endswith("pdb") else trajectory.topology
        loaded = mdtraj.load(str(export), **({} if top is None else {"top": top}))
        same(f"{name} positions", loaded.xyz, trajectory.xyz, tolerance)
        if name.endswith("xtc"):
            same(f"{name} times", loaded.time, trajectory.time, 1e-5)
        if loaded.unitcell_lengths is not None and loaded.unitcell_lengths.any():
            raise Difference(f"{name} has a unit cell, expected none")


def check(path, with_layout=True):
    """All readers on one file; returns a summary."""
    raw = read_raw(path)
    if with_layout:
        check_layout(path, raw)
    trajectory = check_mdtraj(path, raw)
    check_pytables(path, raw)
    check_mdanalysis(path, raw, trajectory)
    check_exports(path, trajectory)
    return f"{trajectory.n_frames} frames, {trajectory.n_atoms} atoms, {trajectory.topology.n_bonds} bonds"


def set_attribute(dataset, name, value):
    return lambda file: file[dataset].attrs.modify(name, value)


def move_atom(file):
    """A second, different dataset under MDTraj's name."""
    values = file["coordinates"][...]
    attributes = dict(file["coordinates"].attrs)
    del file["coordinates"]
    values[0, 0, 0] += 0.001
    file["coordinates"] = values
    file["coordinates"].attrs.update(attributes)


def rename_atom(file):
    text = file["topology"][0]
    file["topology"][0] = text.replace(b'"name":"CA"', b'"name":"CX"')


def drop_box(file):
    del file["particles/trajectory/box"]


def shorten_energy(file):
    file["potentialEnergy"].resize(len(file["potentialEnergy"]) - 1, axis=0)


PLANTED = {
    "H5MD unit of positions": set_attribute("coordinates", "unit", "Angstrom"),
    "MDTraj units of positions": set_attribute("coordinates", "units", "angstroms"),
    "unit of time": set_attribute("time", "unit", "fs"),
    "units of energy": set_attribute("potentialEnergy", "units", "kilocalories_per_mole"),
    "unlinked, moved atom": move_atom,
    "renamed atom": rename_atom,
    "missing box": drop_box,
    "shortened energies": shorten_energy,
}


def self_test(path):
    """Plants every error; the readers' disagreement alone must show it, without the layout check."""
    n_missed = 0
    for name, plant in PLANTED.items():
        with tempfile.TemporaryDirectory() as directory:
            copy = pathlib.Path(directory) / path.name
            shutil.copy(path, copy)
            if (path.parent / "topology.pdb").exists():
                shutil.copy(path.parent / "topology.pdb", directory)
            with h5py.File(copy, "a") as file:
                plant(file)
            try:
                check(copy, with_layout=False)
            except (Difference, KeyError, ValueError, IndexError, TypeError) as error:
                print(f"found   {name}: {error}")
            else:
                n_missed += 1
                print(f"MISSED  {name}")
    return n_missed


def main():
    warnings.filterwarnings("ignore", category=UserWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true", help="plant errors in copies instead")
    arguments = parser.parse_args()
    n_failed = 0
    for path in arguments.files:
        if arguments.self_test:
            n_failed += self_test(path)
            continue
        try:
            print(f"ok      {path}: {check(path)}")
        except (Difference, KeyError, ValueError, IndexError, TypeError, OSError) as error:
            n_failed += 1
            print(f"FAILED  {path}: {type(error).__name__}: {error}")
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
