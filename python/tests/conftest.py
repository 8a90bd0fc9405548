"""A small run that several tests look at."""

import pytest

import saltus

INPUT = {
    "system": {"sequence": "ACE-ALA-NME"},
    "temperature_kelvin": 310,
    "replicas": 3,
    "seed": 7,
    "device": "cpu",
    "threads": 1,
    "sampler": [
        {"hmc": {"steps": 5, "timestep_fs": 1.0}},
        {"torsion": {"kind": "single", "proposal": "normal"}},
    ],
    "run": {"cycles": 200, "equilibration_cycles": 20},
    "output": {"every_cycles": 5},
}


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    return saltus.run(INPUT, output=tmp_path_factory.mktemp("run") / "out", progress=False)
