"""What a newcomer does first, with NumPy alone; no test of pytest, for there is none yet."""

import tempfile

import saltus

run = saltus.run(
    {
        "system": {"sequence": "ACE-ALA-NME", "solvent": "obc1"},
        "temperature_kelvin": 310,
        "replicas": 8,
        "sampler": [{"hmc": {"steps": 8, "timestep_fs": 1.2, "jitter": 0.5}}, {"torsion_leap": {"model": "builtin"}}],
        "run": {"cycles": 200, "equilibration_cycles": 20},
    },
    output=tempfile.mkdtemp() + "/out",
)
print(run.analyze(observe=["populations", "j3_hn_ha"]))
assert run.positions.shape == (8, 20, 22, 3)
try:
    run.mdtraj()
except ImportError as error:
    assert "pip install mdtraj" in str(error), error
else:
    raise AssertionError("MDTraj is there, so that this is no fresh environment")
accurate = saltus.sample("ACE-ALA-NME", ess=400, solvent="vacuum", max_minutes=5, output=tempfile.mkdtemp() + "/accurate")
assert accurate.summary["accuracy"]["reached"], accurate.summary["accuracy"]
