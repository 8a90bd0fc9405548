"""Proposals in Python: exact ones pass, wrong ones are found, broken ones are refused in words."""

import numpy as np
import pytest

import saltus

from conftest import INPUT


class Scaling(saltus.Proposal):
    """y = s x about the origin, ln s normal; the Jacobian is s to the number of coordinates."""

    width = 0.1
    jacobian = 1.0

    def propose(self, positions, temperatures, rng):
        log_scale = self.width * rng.standard_normal(len(positions))
        log_volume = self.jacobian * positions[0].size * log_scale
        return positions * np.exp(log_scale)[:, None, None], -log_volume / 2, log_volume / 2


class Step(saltus.Proposal):
    """Every atom moves by a normal step."""

    width = 0.01

    def propose(self, positions, temperatures, rng):
        return positions + self.width * rng.standard_normal(positions.shape), saltus.SYMMETRIC


class Turn(saltus.Proposal):
    """Turns the methyl of ACE about its bond: for a molecule that has one."""

    def setup(self, topology):
        self.axis = [topology.index(0, "C"), topology.index(0, "CH3")]
        self.atoms = [topology.index(0, name) for name in ("H1", "H2", "H3")]

    def propose(self, positions, temperatures, rng):
        angle = rng.uniform(-np.pi, np.pi, len(positions))
        origin = positions[:, self.axis[1]][:, None]
        axis = positions[:, self.axis[1]] - positions[:, self.axis[0]]
        axis = (axis / np.linalg.norm(axis, axis=1, keepdims=True))[:, None]
        arms = positions[:, self.atoms] - origin
        cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
        along = (arms * axis).sum(-1, keepdims=True) * axis
        new = positions.copy()
        new[:, self.atoms] = origin + along + cosine * (arms - along) + sine * np.cross(axis, arms)
        return new, saltus.SYMMETRIC


def with_sampler(*sampler, **changes):
    return {**INPUT, "sampler": [{"hmc": {"steps": 5, "timestep_fs": 1.0}}, *sampler], **changes}


@pytest.mark.parametrize("proposal", [Scaling, Step])
def test_exact_proposals_pass(proposal):
    check = saltus.check(proposal)
    assert check, check
    assert sum(verdict.outcome == "passed" for verdict in check.verdicts) >= 4


def test_a_proposal_for_one_molecule_is_tested_on_it():
    check = saltus.check(Turn)
    outcomes = {verdict.target: verdict.outcome for verdict in check.verdicts}
    assert check, check
    assert outcomes["chain of 4 atoms"] == "refused"
    assert outcomes["the molecule as a crystal, 0.1 nm wide"] == "passed"


@pytest.mark.parametrize("jacobian", [0.0, -1.0, 0.9])
def test_a_wrong_jacobian_is_found(jacobian):
    class Wrong(Scaling):
        pass

    Wrong.jacobian = jacobian
    check = saltus.check(Wrong)
    assert not check
    assert any(verdict.outcome == "failed" for verdict in check.verdicts)
    assert "NOT SHOWN TO BE EXACT" in repr(check)


def test_a_small_wrong_step_is_found():
    class Wrong(Scaling):
        width = 3e-3
        jacobian = 0.0

    assert not saltus.check(Wrong, n_steps=200)


def test_a_drift_that_is_called_symmetric_is_found():
    class Drifting(Step):
        def propose(self, positions, temperatures, rng):
            return positions + 0.01 * (rng.standard_normal(positions.shape) + 0.3), saltus.SYMMETRIC

    assert not saltus.check(Drifting)


def test_it_runs_beside_other_kernels(tmp_path):
    turn = Turn()
    turn.repeats = 3
    run = saltus.run(with_sampler(turn), output=tmp_path / "out", progress=False)
    assert run.exact and run.kernel_names == ["hmc", "Turn"]
    kernel = run.summary["kernels"][1]
    assert kernel["proposed"] == 3 * 3 * 200
    assert kernel["accepted"] > 0
    assert "python:" in run.input_yaml


def test_it_is_resumed_bit_for_bit(tmp_path):
    whole = saltus.run(with_sampler(Step), output=tmp_path / "whole", progress=False)
    saltus.run(with_sampler(Step), output=tmp_path / "parts", cycles=100, progress=False)
    resumed = saltus.run(with_sampler(Step), output=tmp_path / "parts", cycles=200, resume=True, progress=False)
    np.testing.assert_array_equal(whole.positions, resumed.positions)


class Learning(Step):
    """A step whose width is tuned in equilibration."""

    frozen = False

    def adapt(self, positions, temperatures, accepted):
        assert not self.frozen
        self.width *= 1.1 if accepted.mean() > 0.4 else 0.9

    def freeze(self):
        self.frozen = True

    def save(self):
        return {"width": self.width}

    def restore(self, saved):
        self.width = saved["width"]


def test_it_adapts_in_equilibration_and_its_state_is_in_the_checkpoint(tmp_path):
    whole = saltus.run(with_sampler(Learning()), output=tmp_path / "whole", progress=False)
    saltus.run(with_sampler(Learning()), output=tmp_path / "parts", cycles=100, progress=False)
    proposal = Learning()
    resumed = saltus.run(with_sampler(proposal), output=tmp_path / "parts", cycles=200, resume=True, progress=False)
    assert proposal.width != Learning.width
    np.testing.assert_array_equal(whole.positions, resumed.positions)


class Broken(saltus.Proposal):
    def __init__(self, answer):
        self.answer = answer

    def propose(self, positions, temperatures, rng):
        return self.answer(positions)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x, r"`propose` returned ndarray, expected \(new, log_q_forward, log_q_reverse\)"),
        (lambda x: (x, None), r"returned a tuple of 2"),
        (
            lambda x: (x[:, :5], 0, 0),
            r"positions of shape \(3, 5, 3\), expected \(3, 22, 3\), \[n_replicas, n_atoms, 3\]",
        ),
        (lambda x: (x, np.zeros(2), np.zeros(3)), r"log_q_forward of shape \(2,\), expected \(3,\), \[n_replicas\]"),
        (lambda x: (x, np.zeros(3), 0.0), r"log_q_reverse of shape \(\), expected \(3,\)"),
        (
            lambda x: (x.astype(complex), np.zeros(3), np.zeros(3)),
            r"positions of type complex128, expected real numbers",
        ),
        (lambda x: 1 / 0, r"division by zero"),
    ],
)
def test_a_broken_one_ends_the_run_in_words(tmp_path, answer, message):
    with pytest.raises(saltus.Error, match=message) as caught:
        saltus.run(with_sampler(Broken(answer)), output=tmp_path / "out", progress=False)
    assert "proposal `Broken` failed" in str(caught.value)
    assert caught.value.__cause__ is not None
    with pytest.raises(type(caught.value.__cause__)):
        saltus.check(lambda: Broken(answer), n_replicas=3)


def test_what_is_not_finite_is_rejected_and_told(tmp_path):
    nan = Broken(lambda x: (x * np.nan, np.zeros(len(x)), np.zeros(len(x))))
    run = saltus.run(with_sampler(nan), output=tmp_path / "out", progress=False)
    statistics = run.summary["kernels"][1]
    assert statistics["non_finite"] == statistics["proposed"] > 0
    assert any("not finite" in warning for warning in run.summary["warnings"])
    assert np.isfinite(run.positions).all()


def test_a_molecule_that_does_not_fit_is_refused(tmp_path):
    gly = {"system": {"sequence": "GLY-GLY"}}
    with pytest.raises(saltus.InputError, match="its `setup` failed: .*there is no atom CH3"):
        saltus.run(with_sampler(Turn(), **gly), output=tmp_path / "out", progress=False)


def test_a_name_without_its_object_is_refused():
    named = {"python": {"proposal": "Mine"}}
    with pytest.raises(saltus.InputError, match="no proposal `Mine` was handed over") as caught:
        saltus.run(with_sampler(named))
    assert "put the object itself" in caught.value.help
