"""Energies in Python: the ensemble is theirs, and what they answer wrongly is refused in words."""

import numpy as np
import pytest

import saltus

from conftest import INPUT

K = 200.0


class Tethered(saltus.Potential):
    """Every atom on a spring of its own: the ensemble is known exactly."""

    is_free = False

    def setup(self, topology):
        self.n_calls = 0
        self.centres = saltus.build("ACE-ALA-NME").positions

    def evaluate(self, positions):
        self.n_calls += 1
        away = positions - self.centres
        return 0.5 * K * (away**2).sum((1, 2)), -K * away


def with_potential(potential, sampler, **changes):
    return {**INPUT, "system": {**INPUT["system"], "potential": potential}, "sampler": sampler, **changes}


HMC = [{"hmc": {"steps": 6, "timestep_fs": 5.0}}]


def test_the_ensemble_is_that_of_the_potential(tmp_path):
    run = saltus.run(
        with_potential(Tethered(), HMC, replicas=8, run={"cycles": 400, "equilibration_cycles": 100}),
        output=tmp_path / "out",
        progress=False,
    )
    assert "Tethered" in run.device and run.exact
    energies = run.potential_energies
    kt = 0.00831446261815324 * 310
    expected = 1.5 * run.n_atoms * kt
    error = energies.mean(1).std(ddof=1) / np.sqrt(len(energies))
    assert abs(energies.mean() - expected) < 5 * max(error, 0.02), (energies.mean(), expected, error)
    spread = run.positions[:, ::10].reshape(-1, run.n_atoms, 3).var(0).mean()
    assert abs(spread / (kt / K) - 1) < 0.1


def test_openmm_gives_the_same_ensemble_as_the_native_force_field(tmp_path):
    app = pytest.importorskip("openmm.app")
    native = {**INPUT, "replicas": 8, "run": {"cycles": 150, "equilibration_cycles": 50}}
    sampler = [{"hmc": {"steps": 10, "timestep_fs": 1.0}}, {"torsion": {"kind": "single", "proposal": "uniform"}}]
    built = saltus.build("ACE-ALA-NME")
    (tmp_path / "built.pdb").write_text(built.pdb)
    system = app.ForceField("amber14/protein.ff14SB.xml", "implicit/obc1.xml").createSystem(
        app.PDBFile(str(tmp_path / "built.pdb")).topology
    )
    theirs = saltus.OpenMMPotential(system, "CPU", {"Threads": "1"})
    first = saltus.run({**native, "sampler": sampler}, output=tmp_path / "native", progress=False)
    second = saltus.run(
        with_potential(theirs, sampler, replicas=8, run=native["run"]), output=tmp_path / "theirs", progress=False
    )
    # Frame by frame the energy written is the force field's own.
    energies, _ = saltus.energy({"system": INPUT["system"]}, second.positions[0][::10])
    assert np.abs(energies - second.potential_energies[0][::10]).max() < 0.02
    means = [run.potential_energies.mean(1) for run in (first, second)]
    error = np.sqrt(sum(mean.var(ddof=1) / len(mean) for mean in means))
    assert abs(means[0].mean() - means[1].mean()) < 4.5 * error


def test_forces_are_asked_for_once_a_stage(tmp_path):
    potential = Tethered()
    saltus.run(
        with_potential(potential, HMC, replicas=2, run={"cycles": 5, "equilibration_cycles": 0}),
        output=tmp_path / "out",
        progress=False,
    )
    # Six stages a trajectory, one energy and force at each end at most, and some looks at the start.
    assert potential.n_calls <= 5 * 8 + 6


class Wrong(Tethered):
    def __init__(self, answer):
        self.answer = answer

    def evaluate(self, positions):
        return self.answer(*super().evaluate(positions))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda energies, forces: energies, "expected (energies, forces)"),
        (lambda energies, forces: (energies[:-1], forces), "energies of shape"),
        (lambda energies, forces: (energies, forces[:, :-1]), "forces of shape"),
        (lambda energies, forces: (energies.astype(complex), forces), "expected real numbers"),
    ],
)
def test_wrong_answers_are_explained(tmp_path, answer, words):
    with pytest.raises((saltus.Error, saltus.InputError, TypeError, ValueError)) as raised:
        saltus.run(with_potential(Wrong(answer), HMC), output=tmp_path / "out", progress=False)
    told = str(raised.value) + str(raised.value.__cause__)
    assert words in told, told


def test_energies_that_are_not_finite_end_the_run_in_words(tmp_path):
    def nowhere(energies, forces):
        return energies * np.nan, forces

    with pytest.raises((saltus.Error, saltus.InputError), match="not finite|NaN"):
        saltus.run(with_potential(Wrong(nowhere), HMC), output=tmp_path / "out", progress=False)


def test_what_does_not_go_with_a_potential_is_refused(tmp_path):
    for changes, words in [
        ({"device": "gpu"}, "evaluated by the calling program"),
        ({"system": {**INPUT["system"], "potential": "Nobody"}}, "no potential `Nobody` was handed over"),
        (
            {"system": {**INPUT["system"], "potential": Tethered(), "constraints": "h-bonds"}},
            "rigid bonds",
        ),
    ]:
        with pytest.raises(saltus.InputError, match=words):
            saltus.run({**with_potential(Tethered(), HMC), **changes}, output=tmp_path / "out", progress=False)
    with pytest.raises(saltus.InputError, match="ask the potential itself|no potential"):
        saltus.energy({"system": {**INPUT["system"], "potential": Tethered()}})


def test_resuming_gives_the_same_bits(tmp_path):
    whole = with_potential(Tethered(), HMC, replicas=2, run={"cycles": 20, "equilibration_cycles": 4})
    saltus.run(whole, output=tmp_path / "whole", progress=False)
    saltus.run(whole, output=tmp_path / "parts", cycles=8, progress=False)
    saltus.run(whole, output=tmp_path / "parts", cycles=20, resume=True, progress=False)
    positions = [saltus.Run(tmp_path / name).positions for name in ("whole", "parts")]
    assert np.array_equal(*positions)
