"""Energies, forces and structures against OpenMM and MDTraj."""

import numpy as np
import pytest

import saltus

openmm = pytest.importorskip("openmm")
from openmm import app, unit


def reference(topology, positions):
    """AMBER14 in vacuum, as OpenMM has it."""
    field = app.ForceField("amber14/protein.ff14SB.xml")
    system = field.createSystem(topology, nonbondedMethod=app.NoCutoff, removeCMMotion=False)
    return system, context_of(system)


def context_of(system):
    integrator = openmm.VerletIntegrator(0.001)
    return openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))


def evaluated(context, frames):
    energies, forces = [], []
    for frame in frames:
        context.setPositions(frame * unit.nanometer)
        state = context.getState(getEnergy=True, getForces=True)
        energies.append(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))
        forces.append(state.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer))
    return np.array(energies), np.array(forces)


@pytest.fixture(scope="module")
def peptide(tmp_path_factory):
    """A peptide as OpenMM has it: System, topology, 5 frames in nm, and a context."""
    path = tmp_path_factory.mktemp("peptide") / "peptide.pdb"
    saltus.build("ACE-ALA-SER-NME", path)
    pdb = app.PDBFile(str(path))
    system, context = reference(pdb.topology, pdb.positions)
    positions = pdb.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    rng = np.random.default_rng(1)
    frames = positions + 0.005 * rng.standard_normal((5, *positions.shape))
    return system, pdb.topology, frames, context, path


def test_frames_have_the_energies_and_forces_of_openmm(peptide):
    _, _, frames, context, path = peptide
    system = saltus.System.from_pdb(path, solvent="vacuum")
    energies, forces = saltus.energy(system, frames)
    expected, expected_forces = evaluated(context, frames)
    assert energies.shape == (5,) and forces.shape == frames.shape
    np.testing.assert_allclose(energies, expected, atol=1e-5)
    np.testing.assert_allclose(forces, expected_forces, atol=1e-4 * np.sqrt(np.mean(expected_forces**2)))


def test_mixed_precision_is_what_runs_have(peptide):
    _, _, frames, context, path = peptide
    system = saltus.System.from_pdb(path, solvent="vacuum")
    energies, _ = saltus.energy(system, frames, precision="mixed")
    expected, _ = evaluated(context, frames)
    assert 0 < np.abs(energies - expected).max() < 0.02


def test_a_system_of_openmm_is_taken_as_it_is(peptide):
    system, topology, frames, context, _ = peptide
    own = saltus.System.from_openmm(system, topology, frames[0])
    energies, forces = saltus.energy(own, frames)
    expected, expected_forces = evaluated(context, frames)
    np.testing.assert_allclose(energies, expected, atol=1e-5)
    np.testing.assert_allclose(forces, expected_forces, atol=1e-4 * np.sqrt(np.mean(expected_forces**2)))
    np.testing.assert_array_equal(own.positions, frames[0])
    assert [atom.name for atom in own.topology.atoms] == [atom.name for atom in topology.atoms()]
    # The same molecule has the same files, so that a run of it can be resumed.
    again = saltus.System.from_openmm(system, topology, frames[0] * unit.nanometer)
    assert again.section == own.section


def test_one_frame_and_one_structure(peptide):
    _, _, frames, context, path = peptide
    energies = saltus.energy({"system": {"pdb": str(path), "solvent": "vacuum"}})
    one, forces = saltus.energy({"system": {"pdb": str(path), "solvent": "vacuum"}}, energies.positions)
    assert np.ndim(one) == 0 and forces.shape == energies.positions.shape
    assert one == pytest.approx(energies.potential_energy, abs=1e-6)
    np.testing.assert_allclose(forces, energies.forces, atol=1e-3)
    expected, _ = evaluated(context, [energies.positions])
    assert energies.potential_energy == pytest.approx(expected[0], abs=1e-4)
    assert set(energies.terms) == {"bond", "angle", "torsion", "nonbonded", "implicit_solvent"}
    assert "kJ/mol" in energies._repr_html_()


def test_frames_of_another_molecule_are_refused(peptide):
    system = saltus.System.from_pdb(peptide[4], solvent="vacuum")
    with pytest.raises(saltus.InputError, match=r"got positions of shape \(2, 5, 3\), expected \[n_frames, \d+, 3\]"):
        saltus.energy(system, np.zeros((2, 5, 3)))


def test_a_frame_without_energy_is_not_finite(peptide):
    system = saltus.System.from_pdb(peptide[4], solvent="vacuum")
    frames = np.array(peptide[2][:2])
    frames[1, 0] = np.nan
    energies, _ = saltus.energy(system, frames)
    assert np.isfinite(energies[0]) and not np.isfinite(energies[1])


def test_building_writes_what_mdtraj_reads(tmp_path):
    mdtraj = pytest.importorskip("mdtraj")
    path = tmp_path / "peptide.pdb"
    built = saltus.build("cyclo(RGDfV)", path)
    read = mdtraj.load(str(path))
    np.testing.assert_allclose(read.xyz[0], built.positions, atol=6e-5)
    own = built.mdtraj()
    assert own.topology.n_bonds == read.topology.n_bonds
    assert [str(atom) for atom in own.topology.atoms] == [str(atom) for atom in read.topology.atoms]
    with pytest.raises(saltus.InputError, match="exists already"):
        saltus.build("AA", path)
    with pytest.raises(saltus.InputError, match="unknown solvent `water`"):
        saltus.build("AA", solvent="water")
