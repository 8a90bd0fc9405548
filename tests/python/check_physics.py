"""Runs alanine dipeptide and asks PyPI's physical_validation whether the trajectories obey statistical mechanics.

    python check_physics.py --saltus target/release/saltus [--only NAME ...] [--json FILE]

Checks: kinetic-energy distribution (Kolmogorov-Smirnov, mean, width) and equipartition at 1 fs, at 2 fs with rigid bonds
to hydrogen, and at 4 fs with heavy hydrogens; potential energies of two temperatures against the Boltzmann weight;
energy fluctuations of velocity Verlet proportional to the squared time step, and their drift, in both precisions.
Every check is repeated on data with a planted error and must fail there. Exit 0 if all is as it must be, 1 if not.
"""

import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy
import physical_validation as pv

BOLTZMANN_KJ_PER_MOL_K = 8.31446261815324e-3
TEMPERATURES_KELVIN = (300.0, 320.0)
N_REPLICAS = 64
# 200 numbers are judged: by chance alone one of them passes 4.5 standard errors once in 700 runs.
MAX_SIGMAS = 4.5
MIN_P_VALUE = 1e-5
# Time steps of velocity Verlet in fs; the fluctuations of neighbours differ by 4, up to terms of order dt^4.
TIMESTEPS_FS = (0.5, 0.25, 0.125)
MAX_CONVERGENCE_DEVIATION = 0.05
MAX_DRIFT_KT_PER_NS_PER_DOF = {"double": 0.005, "mixed": 0.01}

SETTINGS = {
    "flexible_1fs": dict(timestep_fs=1.0, constraints="none", hydrogen_mass_da=1.008, n_constraints=0),
    "h_bonds_2fs": dict(timestep_fs=2.0, constraints="h-bonds", hydrogen_mass_da=1.008, n_constraints=12),
    "heavy_hydrogens_4fs": dict(timestep_fs=4.0, constraints="h-bonds", hydrogen_mass_da=3.0, n_constraints=12),
}
INPUT = """
system: {{sequence: ACE-ALA-NME, force_field: amber14, solvent: obc1, constraints: {constraints}, hydrogen_mass_da: {hydrogen_mass_da}}}
temperature_kelvin: {temperature_kelvin}
replicas: {n_replicas}
seed: {seed}
device: cpu
precision: {precision}
sampler:
  - {kernel}
run: {{cycles: {cycles}, equilibration_cycles: {equilibration_cycles}}}
output: {{directory: {directory}, every_cycles: 1, velocities: true}}
"""


class Trajectories:
    """All replicas of one run, `[n_replicas, n_frames, ...]`."""

    def __init__(self, directory):
        columns = {"position": "coordinates", "velocity": "velocities", "time_ps": "time"}
        columns |= {"potential": "potentialEnergy", "kinetic": "kineticEnergy"}
        data = {name: [] for name in columns}
        for path in sorted(directory.glob("trajectory_*.h5")):
            with h5py.File(path) as file:
                for name, dataset in columns.items():
                    data[name].append(file[dataset][...].astype(float))
                self.masses_da = file["saltus/masses_da"][...]
                self.n_degrees_of_freedom = int(file["saltus"].attrs["n_degrees_of_freedom"])
        for name, values in data.items():
            setattr(self, name, numpy.array(values))


def simulate(arguments, directory, **values):
    """One run of saltus; returns its trajectories."""
    defaults = dict(constraints="none", hydrogen_mass_da=1.008, n_replicas=N_REPLICAS, seed=11, precision="mixed")
    directory.mkdir(parents=True)
    output = directory / "out"
    text = INPUT.format(**(defaults | values), directory=json.dumps(str(output)))
    (directory / "input.yaml").write_text(text)
    command = [arguments.saltus, "run", str(directory / "input.yaml"), "--quiet"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return Trajectories(output)


def simulation_data(run, temperature_kelvin, n_constraints, velocity_factor=1.0, centre_of_mass_factor=1.0):
    """What physical_validation wants, all replicas one after the other."""
    velocity = run.velocity * velocity_factor
    weights = run.masses_da / run.masses_da.sum()
    of_the_centre = numpy.einsum("a,rfax->rfx", weights, velocity)[:, :, None, :]
    velocity = velocity + (centre_of_mass_factor - 1.0) * of_the_centre
    # From the velocities themselves, so that the stored kinetic energies are checked too (see `check_columns`).
    kinetic = 0.5 * numpy.einsum("a,rfax->rf", run.masses_da, velocity**2)
    n_atoms = len(run.masses_da)
    return pv.data.SimulationData(
        units=pv.data.UnitData.units("GROMACS"),
        dt=float(run.time_ps[0, 1] - run.time_ps[0, 0]),
        system=pv.data.SystemData(
            natoms=n_atoms,
            nconstraints=n_constraints,
            ndof_reduction_tra=0,
            ndof_reduction_rot=0,
            mass=run.masses_da,
            molecule_idx=[0],
            nconstraints_per_molecule=[n_constraints],
        ),
        ensemble=pv.data.EnsembleData("NVT", natoms=n_atoms, volume=1.0, temperature=temperature_kelvin),
        observables=pv.data.ObservableData(
            kinetic_energy=kinetic.ravel(),
            potential_energy=run.potential.ravel(),
            total_energy=(kinetic + run.potential).ravel(),
        ),
        trajectory=pv.data.TrajectoryData(
            position=run.position.reshape(-1, n_atoms, 3), velocity=velocity.reshape(-1, n_atoms, 3)
        ),
    )


def quietly(check, *arguments, **options):
    """A check of physical_validation without its printing."""
    with contextlib.redirect_stdout(io.StringIO()):
        return check(*arguments, **options)


def worst(values):
    return float(numpy.max(numpy.abs(numpy.asarray(values, dtype=float))))


def kinetic_distribution(data):
    """Worst distance of mean and width from their exact values, in standard errors."""
    check = pv.kinetic_energy.distribution
    return worst(quietly(check, data, bootstrap_seed=1, data_is_uncorrelated=True))


def kinetic_p_value(data):
    check = pv.kinetic_energy.distribution
    return float(quietly(check, data, strict=True, data_is_uncorrelated=True))


def equipartition(data):
    """Worst distance of any group (translation, rotation, internal) in standard errors."""
    check = pv.kinetic_energy.equipartition
    return worst(quietly(check, data, bootstrap_seed=1, data_is_uncorrelated=True))


def ensemble(low, high):
    """Distance of the estimated slope of ln(P2/P1) over U from its exact value, in standard errors."""
    check = pv.ensemble.check
    return worst(quietly(check, low, high, bootstrap_seed=1, data_is_uncorrelated=True, verbosity=0))


class Judge:
    """Collects verdicts and prints them."""

    def __init__(self):
        self.rows = []

    def at_most(self, name, value, limit, planted):
        self.row(name, value, f"at most {limit}", value <= limit, planted, planted > limit)

    def at_least(self, name, value, limit, planted):
        self.row(name, value, f"at least {limit}", value >= limit, planted, planted < limit)

    def row(self, name, value, expected, passed, planted, planted_found):
        verdict = "ok" if passed and planted_found else "FAILED"
        self.rows.append(dict(name=name, value=value, expected=expected, planted=planted, verdict=verdict))
        blind = "" if planted_found else "  (the planted error was not noticed)"
        print(f"{verdict:6s}  {name:48s} {value:10.4g}  {expected:16s} planted {planted:10.4g}{blind}", flush=True)


def check_columns(judge, name, run, n_constraints):
    """Stored kinetic energies against the stored velocities, and the count of degrees of freedom."""
    kinetic = 0.5 * numpy.einsum("a,rfax->rf", run.masses_da, run.velocity**2)
    error = worst(run.kinetic / kinetic - 1)
    judge.at_most(f"{name}: kinetic energy column, relative", error, 1e-5, worst(run.kinetic * 1.001 / kinetic - 1))
    expected = 3 * len(run.masses_da) - n_constraints
    difference = abs(run.n_degrees_of_freedom - expected)
    judge.at_most(f"{name}: degrees of freedom, difference", difference, 0, difference + 1)


def check_sampling(arguments, folder, judge, name):
    """Kinetic energy, equipartition and the two-temperature check of one set of settings."""
    settings = dict(SETTINGS[name])
    n_constraints = settings.pop("n_constraints")
    steps = round(1000 / settings["timestep_fs"])
    kernel = f"langevin: {{steps: {steps}, timestep_fs: {settings.pop('timestep_fs')}, friction_per_ps: 5.0}}"
    runs = []
    for index, temperature in enumerate(TEMPERATURES_KELVIN):
        run = simulate(
            arguments,
            folder / name / str(index),
            kernel=kernel,
            cycles=arguments.picoseconds,
            equilibration_cycles=50,
            temperature_kelvin=temperature,
            seed=101 + index,
            **settings,
        )
        runs.append(run)
    low, high = (simulation_data(run, t, n_constraints) for run, t in zip(runs, TEMPERATURES_KELVIN))
    faster = simulation_data(runs[0], TEMPERATURES_KELVIN[0], n_constraints, velocity_factor=1.02)
    slow_drift = simulation_data(runs[0], TEMPERATURES_KELVIN[0], n_constraints, centre_of_mass_factor=0.95)
    mislabelled = simulation_data(runs[1], TEMPERATURES_KELVIN[1] - 10, n_constraints)
    check_columns(judge, name, runs[0], n_constraints)
    judge.at_least(f"{name}: kinetic energy, K-S p value", kinetic_p_value(low), MIN_P_VALUE, kinetic_p_value(faster))
    judge.at_most(f"{name}: kinetic energy, sigmas", kinetic_distribution(low), MAX_SIGMAS, kinetic_distribution(faster))
    judge.at_most(f"{name}: equipartition, sigmas", equipartition(low), MAX_SIGMAS, equipartition(slow_drift))
    judge.at_most(f"{name}: two temperatures, sigmas", ensemble(low, high), MAX_SIGMAS, ensemble(low, mislabelled))


def constant_energy(arguments, folder, precision, timestep_fs, picoseconds, frame_fs):
    """Total energies of velocity Verlet, less the mean of each replica, `[n_replicas, n_frames]`."""
    steps = round(frame_fs / timestep_fs)
    # The minimised start takes up half of the kinetic energy: 600 K become about 300.
    run = simulate(
        arguments,
        folder / f"verlet_{precision}_{timestep_fs}_{picoseconds}",
        kernel=f"velocity_verlet: {{steps: {steps}, timestep_fs: {timestep_fs}}}",
        cycles=round(picoseconds * 1000 / frame_fs),
        equilibration_cycles=round(1000 / frame_fs),
        temperature_kelvin=600.0,
        precision=precision,
    )
    total = run.potential + run.kinetic
    return run, total - total.mean(axis=1, keepdims=True)


def convergence(energies_by_timestep):
    data = [
        pv.data.SimulationData(dt=dt, observables=pv.data.ObservableData(constant_of_motion=energies.ravel()))
        for dt, energies in energies_by_timestep.items()
    ]
    return float(quietly(pv.integrator.convergence, data, verbose=False))


def check_integrator(arguments, folder, judge, precision):
    """Energy fluctuations go with the squared time step; energy does not drift."""
    energies = {}
    for timestep_fs in TIMESTEPS_FS:
        _, energies[timestep_fs] = constant_energy(arguments, folder, precision, timestep_fs, 2, frame_fs=7.0)
    noise = numpy.random.default_rng(1).normal(scale=energies[TIMESTEPS_FS[1]].std() / 2, size=energies[TIMESTEPS_FS[2]].shape)
    planted = energies | {TIMESTEPS_FS[2]: energies[TIMESTEPS_FS[2]] + noise}
    deviation = convergence(energies)
    judge.at_most(f"{precision}: fluctuations over dt^2, deviation", deviation, MAX_CONVERGENCE_DEVIATION, convergence(planted))

    run, total = constant_energy(arguments, folder, precision, 0.5, arguments.drift_picoseconds, frame_fs=200.0)
    kinetic = run.kinetic.mean()
    kt = 2 * kinetic / run.n_degrees_of_freedom
    times_ns = run.time_ps[0] / 1000
    centred = times_ns - times_ns.mean()

    def drift(energies):
        slopes = energies @ centred / (centred @ centred)
        return abs(slopes.mean()) / kt / run.n_degrees_of_freedom

    limit = MAX_DRIFT_KT_PER_NS_PER_DOF[precision]
    heated = total + 3 * limit * kt * run.n_degrees_of_freedom * centred
    judge.at_most(f"{precision}: drift, kT/ns/degree of freedom", float(drift(total)), limit, float(drift(heated)))


def main():
    warnings.filterwarnings("ignore")
    checks = {name: check_sampling for name in SETTINGS} | {"double": check_integrator, "mixed": check_integrator}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", required=True, help="the program, as built")
    parser.add_argument("--only", nargs="+", choices=checks, default=list(checks), help="some of the checks")
    parser.add_argument("--picoseconds", type=int, default=100, help="length of each replica for the ensemble checks")
    parser.add_argument("--drift-picoseconds", type=int, default=30, help="length of each replica for the drift")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    arguments = parser.parse_args()
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            checks[name](arguments, pathlib.Path(folder), judge, name)
    if arguments.json:
        arguments.json.write_text(json.dumps(judge.rows, indent=1))
    n_failed = sum(row["verdict"] != "ok" for row in judge.rows)
    print(f"{len(judge.rows) - n_failed} checks passed, {n_failed} failed")
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
