"""The comparison of samplers from Python, proposals and potentials of one's own among them."""

import json

import numpy as np
import pytest

import saltus

from conftest import INPUT


class Step(saltus.Proposal):
    """Every atom moves by a normal step."""

    def propose(self, positions, temperatures, rng):
        return positions + 0.001 * rng.standard_normal(positions.shape), saltus.SYMMETRIC


def test_a_proposal_in_python_is_measured(tmp_path):
    input = {key: value for key, value in INPUT.items() if key != "run"}
    input["sampler"] = [{"hmc": {"steps": 5, "timestep_fs": 1.0}}, Step()]
    lines = []
    bench = saltus.bench(
        input, seconds=0.3, chains=4, samplers=["md_1fs", "input"], output=tmp_path / "bench", progress=lines.append
    )
    assert set(bench.samplers) == {"md_1fs", "input"}
    kernels = bench.samplers["input"]["kernels"]
    assert [kernel["name"] for kernel in kernels] == ["hmc", "Step"]
    assert kernels[1]["accepted"] > 0
    assert "md_1fs" in str(bench) and lines[0].startswith("round 1 of")
    assert json.loads((tmp_path / "bench" / "bench.json").read_text())["baseline"] == bench.report["baseline"]
    assert len(bench.ratio("input")) == 3


def test_wrong_input_is_explained():
    with pytest.raises(saltus.InputError, match="md_1fs"):
        saltus.bench(INPUT, seconds=0.1, samplers=["md_3fs"], progress=False)


def test_an_exception_of_the_listener_ends_it():
    def broken(line):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        saltus.bench(INPUT, seconds=0.1, chains=4, samplers=["md_1fs", "input"], progress=broken)


def test_a_potential_is_measured_without_constrained_dynamics():
    class Tethered(saltus.Potential):
        is_free = False

        def setup(self, topology):
            self.centres = None

        def evaluate(self, positions):
            if self.centres is None:
                self.centres = positions[0].copy()
            away = positions - self.centres
            return 500.0 * (away**2).sum((1, 2)), -1000.0 * away

    input = {**INPUT, "system": {**INPUT["system"], "potential": Tethered()}}
    bench = saltus.bench(input, seconds=0.3, chains=4, samplers=["md_1fs", "md_2fs_hbonds", "input"], progress=False)
    assert set(bench.samplers) == {"md_1fs", "input"}
    assert np.isfinite(bench.samplers["md_1fs"]["energy_evaluations"])
