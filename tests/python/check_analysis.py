"""Compares `saltus analyze --json` with ArviZ, MDTraj, deeptime and SciPy on trajectories that it makes with `saltus run`.

    python tests/python/check_analysis.py target/release/saltus     exit 0 if all agree to 1e-6, 1 with a list if not
    python tests/python/check_analysis.py --self-test target/release/saltus
        plants an error in every kind of number and exits 1 unless each is found

Pinned: arviz==0.23.4 deeptime==0.4.5 mdtraj==1.11.1.post2 scipy==1.17.1 numpy==2.4.6
"""

import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
import arviz
import mdtraj
import numpy as np
from mdtraj.geometry.hbond import _get_bond_triplets
from mdtraj.nmr import scalar_couplings
from deeptime.covariance import Covariance
from deeptime.decomposition import TICA
from scipy.spatial.distance import jensenshannon

TOLERANCE = 1e-6
# MDTraj computes angles in single precision; f64 formulas checked against it give the references their digits.
SINGLE = 2e-6
# IUPAC 2021 abridged standard atomic weights, which saltus uses; MDTraj's differ in the fifth digit.
MASSES_DA = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "S": 32.06}
LAG = 7
N_BINS = 36
INPUT = """
system: {sequence: ACE-LYS-ALA-NME}
temperature_kelvin: 500
replicas: 4
seed: SEED
threads: 1
sampler:
  - langevin: {steps: 40, timestep_fs: 1.0, friction_per_ps: 2.0}
run: {cycles: 300, equilibration_cycles: 20}
output: {every_cycles: 1}
"""


def run(saltus, *arguments):
    done = subprocess.run([saltus, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"saltus {' '.join(map(str, arguments))} failed:\n{done.stderr}")
    return done.stdout


def make(saltus, home, seed):
    (home / f"{seed}.yaml").write_text(INPUT.replace("SEED", str(seed)))
    run(saltus, "run", home / f"{seed}.yaml", "--output", home / f"run{seed}", "--quiet")
    return sorted((home / f"run{seed}").glob("trajectory_*.h5"))


def wide_dihedrals(points):
    """Angle between the outer bonds projected on the plane normal to the axis, in f64."""
    axis = points[..., 2, :] - points[..., 1, :]
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    first, last = points[..., 0, :] - points[..., 1, :], points[..., 3, :] - points[..., 2, :]
    first = first - (first * axis).sum(-1, keepdims=True) * axis
    last = last - (last * axis).sum(-1, keepdims=True) * axis
    return np.arctan2((np.cross(axis, first) * last).sum(-1), (first * last).sum(-1))


def observables(paths):
    """Name -> chains [n_chains, n_draws], from MDTraj's reading, torsion definitions and masses; and the angles."""
    series, angles = {}, {}

    def add(table, name, values):
        table.setdefault(name, []).append(values)

    for path in paths:
        frames = mdtraj.load(str(path))
        wide = frames.xyz.astype(np.float64)
        number = lambda atom: frames.topology.atom(atom).residue.resSeq
        kinds = {"phi": (mdtraj.compute_phi, 1), "psi": (mdtraj.compute_psi, 1)}
        kinds |= {f"chi{n}": (getattr(mdtraj, f"compute_chi{n}"), 1) for n in range(1, 5)}
        for kind, (compute, member) in kinds.items():
            atoms, single = compute(frames, periodic=False)
            if len(atoms) == 0:
                continue
            own = wide_dihedrals(wide[:, atoms])
            gap = np.abs((own - single + np.pi) % (2 * np.pi) - np.pi).max()
            assert gap < SINGLE * 10, f"{kind} differs from MDTraj by {gap}"
            for column, quadruple in enumerate(atoms):
                name = f"{kind}_{number(quadruple[member])}"
                add(angles, name, own[:, column])
                add(series, f"sin_{name}", np.sin(own[:, column]))
                add(series, f"cos_{name}", np.cos(own[:, column]))
                if kind == "phi":
                    add(series, f"{name}_positive", (own[:, column] > 0).astype(float))
        masses = np.array([MASSES_DA[atom.element.symbol] for atom in frames.topology.atoms])
        offset = wide - (wide * masses[:, None]).sum(1, keepdims=True) / masses.sum()
        radius = np.sqrt((masses * (offset**2).sum(-1)).sum(1) / masses.sum())
        inertia = np.trace(mdtraj.compute_inertia_tensor(frames), axis1=1, axis2=2)
        assert np.abs(radius - np.sqrt(inertia / 2 / masses.sum())).max() < 1e-4
        add(series, "radius_of_gyration", radius)
        with mdtraj.formats.HDF5TrajectoryFile(str(path)) as file:
            add(series, "potential_energy", np.array(file.read().potentialEnergy, dtype=np.float64))
    return ({name: np.array(chains) for name, chains in series.items()},
            {name: np.array(chains) for name, chains in angles.items()})


ASKED = ["populations", "hydrogen_bonds", "j3_hn_ha", "j3_hn_ha/ruterjans1999", "j3_hn_ha/bax1997", "j3_hn_c", "j3_hn_cb",
         "distance LYS 2 HA, ALA 3 H", "noe LYS 2 HA, ALA 3 H"]
COUPLINGS = {"j3_hn_ha": ("HA", "Bax2007"), "j3_hn_ha_ruterjans1999": ("HA", "Ruterjans1999"),
             "j3_hn_ha_bax1997": ("HA", "Bax1997"), "j3_hn_c": ("C", "Bax2007"), "j3_hn_cb": ("CB", "Bax2007")}
GAS_KJ_PER_MOL_K = 0.00831446261815324
KELVIN = 500


def asked(paths, angles):
    """What `--observe` adds: MDTraj's Karplus equations, donors and acceptors; regions as numpy spells them."""
    series = {}
    for name, (partner, model) in COUPLINGS.items():
        constants = getattr(scalar_couplings, f"J3_HN_{partner}_coefficients")[model]
        for phi in (phi for phi in angles if phi.startswith("phi_")):
            series[phi.replace("phi", name)] = scalar_couplings._J3_function(angles[phi], **constants)
    for phi in (phi for phi in angles if phi.startswith("phi_") and phi.replace("phi", "psi") in angles):
        x, y = np.degrees(angles[phi]), np.degrees(angles[phi.replace("phi", "psi")])
        wrapped = np.where(y < -120, y + 360, y)
        regions = {"alpha": (x > -160) & (x < -20) & (wrapped > -120) & (wrapped < 50),
                   "beta": ((x < -90) & (wrapped >= 50)) | ((x > 160) & (y > 110)),
                   "ppii": (x >= -90) & (x < -20) & (wrapped >= 50), "left": (x > 0) & (x < 160)}
        for region, inside in regions.items():
            series[phi.replace("phi", f"population {region}")] = inside.astype(float)
    for path in paths:
        frames = mdtraj.load(str(path))
        wide, topology = frames.xyz.astype(np.float64), frames.topology
        donor, hydrogen, acceptor = _get_bond_triplets(topology).T
        to_acceptor, to_donor = wide[:, acceptor] - wide[:, hydrogen], wide[:, donor] - wide[:, hydrogen]
        length = np.linalg.norm(to_acceptor, axis=-1)
        angle = np.arccos((to_acceptor * to_donor).sum(-1) / length / np.linalg.norm(to_donor, axis=-1))
        bonds = ((length < 0.25) & (angle > np.radians(120))).sum(1).astype(float)
        first, second = (topology.select(f"resSeq {number} and name {name}")[0] for number, name in ((2, "HA"), (3, "H")))
        distance = np.linalg.norm(wide[:, first] - wide[:, second], axis=-1)
        for name, values in (("hydrogen_bonds", bonds), ("distance_LYS2-HA_ALA3-H", distance), ("noe_LYS2-HA_ALA3-H", distance**-6.0)):
            series.setdefault(name, []).append(values)
    return {name: np.array(chains) for name, chains in series.items()}


def check_derived(report, series):
    """Free energies of regions and the distance of the NOE, from the means."""
    faults = []
    for row in (row for row in report["observables"] if row["name"] in series):
        name, mean, error = row["name"], series[row["name"]].mean(), row["mcse"]
        if name.startswith("population") and 0 < mean < 1:
            kt = GAS_KJ_PER_MOL_K * KELVIN
            faults += differs(f"{name} free energy", row.get("free_energy_kj_per_mol"), -kt * np.log(mean / (1 - mean)))
            faults += differs(f"{name} its error", row.get("free_energy_error_kj_per_mol"), kt * error / (mean - mean**2))
        if name.startswith("noe"):
            faults += differs(f"{name} distance", row.get("noe_distance_nm"), mean ** (-1 / 6))
            faults += differs(f"{name} its error", row.get("noe_distance_error_nm"), mean ** (-7 / 6) * error / 6)
    return faults


DIAGNOSTICS = {
    "mcse": lambda chains: arviz.mcse(chains, method="mean"),
    "ess_bulk": lambda chains: arviz.ess(chains, method="bulk"),
    "ess_tail": lambda chains: arviz.ess(chains, method="tail"),
    "r_hat": lambda chains: arviz.rhat(chains, method="rank"),
}


def jittered(chains):
    rng = np.random.default_rng(1)
    for _ in range(16):
        yield chains * (1 + 4e-16 * rng.integers(-1, 2, size=chains.shape))


def orders(chains):
    """R-hat with either of the two draws in the middle as the nearest to the median: they are equally far, and rounding decides."""
    folded = np.abs(chains - np.median(chains))
    for nearest in np.argsort(folded, axis=None)[:2]:
        ordered = folded.copy()
        ordered.flat[nearest] *= 1 - 1e-9
        yield max(float(arviz.rhat(values, method="z_scale")) for values in (chains, ordered))


def check_rows(report, series):
    rows = {row["name"]: row for row in report["observables"]}
    faults = [f"{name} is missing" for name in series if name not in rows]
    for name, chains in series.items():
        row = rows.get(name, {})
        expected = {"mean": chains.mean()}
        if np.ptp(chains) > 0:
            expected |= {key: diagnostic(chains) for key, diagnostic in DIAGNOSTICS.items()}
        for key, value in expected.items():
            fault = differs(f"{name} {key}", row.get(key), float(value))
            # Ranks turn the last bit of a value into a tie or none: inputs that differ by rounding are as good.
            if fault and key in DIAGNOSTICS and any(
                not differs("", row.get(key), float(DIAGNOSTICS[key](copy))) for copy in jittered(chains)
            ):
                fault = []
            if fault and key == "r_hat" and any(not differs("", row.get(key), value) for value in orders(chains)):
                fault = []
            faults += fault
    return faults


def differs(what, got, expected):
    if got is None or abs(got - expected) > TOLERANCE * max(1.0, abs(expected)):
        return [f"{what}: saltus {got}, reference {expected}"]
    return []


def features(series):
    """Features as saltus orders them matter to no eigenvalue; any order does."""
    names = [name for name in series if name.startswith(("sin_", "cos_"))]
    stacked = np.stack([series[name] for name in names], axis=-1)
    return names, stacked


def check_tica(report, series):
    _, chains = features(series)
    covariance = Covariance(LAG, compute_c0t=True, reversible=True, remove_data_mean=True, bessels_correction=False)
    for chain in chains:
        covariance.partial_fit((chain[:-LAG], chain[LAG:]))
    model = TICA(epsilon=1e-6, scaling=None).fit_from_covariances(covariance.fetch_model()).fetch_model()
    expected = model.timescales(lagtime=LAG)
    got = report["tica"]["timescales_frames"]
    faults = [] if len(got) == len(expected) else [f"{len(got)} time scales, deeptime {len(expected)}"]
    for index in range(min(4, len(got))):
        faults += differs(f"time scale {index}", got[index], expected[index])
    return faults


def angle_bins(angles):
    edges = np.linspace(-np.pi, np.pi, N_BINS + 1)
    return np.histogram(angles.ravel(), edges)[0]


def quantile_transport(first, second):
    """Wasserstein-2 of two samples on a line by the quantile functions on all common breaks."""
    first, second = np.sort(first.ravel()), np.sort(second.ravel())
    breaks = np.union1d(np.arange(1, len(first) + 1) / len(first), np.arange(1, len(second) + 1) / len(second))
    breaks = breaks[np.diff(np.concatenate([[0.0], breaks])) > 1e-13]
    starts = np.concatenate([[0.0], breaks[:-1]])
    middle = (starts + breaks) / 2
    gap = first[(middle * len(first)).astype(int)] - second[(middle * len(second)).astype(int)]
    return np.sqrt(((breaks - starts) * gap**2).sum())


def check_reference(report, summary, series, angles, other_series, other_angles):
    distances = {row["quantity"]: row for row in report["reference"]["distances"]}
    faults = []
    for name in angles:
        expected = jensenshannon(angle_bins(angles[name]), angle_bins(other_angles[name]))
        faults += differs(f"{name} JS", distances.get(name, {}).get("jensen_shannon"), expected)
    edges = np.linspace(-np.pi, np.pi, N_BINS + 1)
    for name in (name for name in angles if name.startswith("phi_")):
        psi = name.replace("phi", "psi")
        if psi not in angles:
            continue
        own, other = (np.histogram2d(a[name].ravel(), a[psi].ravel(), [edges, edges])[0].ravel()
                      for a in (angles, other_angles))
        faults += differs(f"{name},{psi} JS", distances.get(f"{name},{psi}", {}).get("jensen_shannon"),
                          jensenshannon(own, other))
    slow = summary["slow"]
    project = lambda s: [sum(weight * (s[name].ravel() - mean) for name, mean, weight
                             in zip(slow["features"], slow["mean"], component)) for component in slow["components"]]
    for axis, (own, other) in enumerate(zip(project(series), project(other_series))):
        low, high = slow["limits"][axis]
        bins = [np.histogram(np.clip(v, low, np.nextafter(high, low)), np.linspace(low, high, N_BINS + 1))[0]
                for v in (own, other)]
        faults += differs(f"tic_{axis} JS", distances.get(f"tic_{axis}", {}).get("jensen_shannon"), jensenshannon(*bins))
    expected = quantile_transport(series["potential_energy"], np.array(summary["energy_quantiles_kj_per_mol"]))
    faults += differs("energy W2", distances.get("potential_energy", {}).get("wasserstein2"), expected)
    means = {row["name"]: row for row in report["reference"]["means"]}
    for name in series:
        if np.ptp(series[name]) == 0 or np.ptp(other_series[name]) == 0:
            continue
        own, other = series[name], other_series[name]
        z = (own.mean() - other.mean()) / np.hypot(arviz.mcse(own, method="mean"), arviz.mcse(other, method="mean"))
        faults += differs(f"{name} z", means.get(name, {}).get("z"), float(z))
    return faults


def self_test(checks):
    """Each planted error must be found by the check it belongs to."""
    def row(report, name):
        return next(r for r in report["observables"] if r["name"] == name)

    def distance(report, name):
        return next(r for r in report["reference"]["distances"] if r["quantity"] == name)

    def spoil(target, key):
        target[key] += 1e-4 * max(1.0, abs(target[key]))

    plants = [(f"row {key}", lambda r, key=key: spoil(row(r, "sin_phi_2"), key))
              for key in ("mean", "mcse", "ess_bulk", "ess_tail", "r_hat")]
    plants += [("tica", lambda r: spoil(r["tica"]["timescales_frames"], 0))]
    plants += [(f"JS {name}", lambda r, name=name: spoil(distance(r, name), "jensen_shannon"))
               for name in ("phi_2", "phi_2,psi_2", "tic_0")]
    plants += [("energy", lambda r: spoil(distance(r, "potential_energy"), "wasserstein2")),
               ("z", lambda r: spoil(r["reference"]["means"][0], "z"))]
    plants += [(f"row {name}", lambda r, name=name: spoil(row(r, name), "mean"))
               for name in ("j3_hn_ha_2", "j3_hn_ha_bax1997_3", "j3_hn_c_2", "population ppii_2", "hydrogen_bonds", "noe_LYS2-HA_ALA3-H")]
    plants += [("NOE distance", lambda r: spoil(row(r, "noe_LYS2-HA_ALA3-H"), "noe_distance_nm")),
               ("free energy", lambda r: spoil(row(r, "population beta_2"), "free_energy_kj_per_mol"))]
    return [f"planted error not found: {what}" for what, plant in plants if not checks(plant)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("saltus")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        own, other = make(arguments.saltus, home, 1), make(arguments.saltus, home, 2)
        run(arguments.saltus, "analyze", *other, "--lag", LAG, "--save-summary", home / "other.json")
        observe = [word for what in ASKED for word in ("--observe", what)]
        text = run(arguments.saltus, "analyze", *own, "--lag", LAG, *observe, "--reference", home / "other.json", "--json")
        report, summary = json.loads(text), json.loads((home / "other.json").read_text())
        (series, angles), (other_series, other_angles) = observables(own), observables(other)
        extra = asked(own, angles)

    def faults_of(plant=lambda report: None):
        spoiled = copy.deepcopy(report)
        plant(spoiled)
        return (check_rows(spoiled, series | extra) + check_derived(spoiled, extra) + check_tica(spoiled, series)
                + check_reference(spoiled, summary, series, angles, other_series, other_angles))

    faults = faults_of()
    if arguments.self_test:
        faults += self_test(faults_of)
    if faults:
        sys.exit("\n".join(faults))
    print(f"agree: {len(series)} observables, {len(extra)} asked for, TICA and distances to {TOLERANCE}")


if __name__ == "__main__":
    main()
