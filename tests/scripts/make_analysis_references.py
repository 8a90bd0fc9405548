"""Make tests/data/analysis/*.json: small inputs and what ArviZ, deeptime, MDTraj and SciPy say about them.

Pinned: arviz==0.23.4 deeptime==0.4.5 mdtraj==1.11.1.post2 scipy==1.17.1 numpy==2.4.6
Run from the repository root: python tests/scripts/make_analysis_references.py
Inputs are rounded before any reference is computed, so the files hold exactly what was analysed.
"""

import json
import warnings
from importlib.metadata import version
from math import lcm
from pathlib import Path

warnings.simplefilter("ignore")
import arviz
import mdtraj
import numpy as np
from deeptime.covariance import Covariance, KoopmanWeightingEstimator
from deeptime.decomposition import TICA
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import jensenshannon

PINNED = {"arviz": "0.23.4", "deeptime": "0.4.5", "mdtraj": "1.11.1.post2", "scipy": "1.17.1", "numpy": "2.4.6"}
OUT = Path("tests/data/analysis")
KELVIN = 310.0
BOLTZMANN = 8.31446261815324e-3


def write(name, data):
    def plain(value):
        if isinstance(value, np.ndarray):
            return value.tolist()
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(type(value))

    text = json.dumps({"made_with": PINNED, **data}, default=plain, allow_nan=False, separators=(",", ":"))
    (OUT / name).write_text(text + "\n")


def ar1(rng, shape, rho):
    noise = rng.normal(size=shape) * np.sqrt(1 - rho**2)
    chains = np.empty(shape)
    chains[:, 0] = rng.normal(size=shape[0])
    for t in range(1, shape[1]):
        chains[:, t] = rho * chains[:, t - 1] + noise[:, t]
    return chains


def two_state(rng, shape, p_up, p_down):
    state = np.zeros(shape)
    for c in range(shape[0]):
        s = 0
        for t in range(shape[1]):
            s = int(rng.random() < p_up) if s == 0 else int(rng.random() >= p_down)
            state[c, t] = s
    return state


def direct_autocorrelation(chains):
    """Autocovariances about the mean of all draws by plain summation, over lag 0."""
    centred = chains - chains.mean()
    n = chains.shape[1]
    return np.array([(centred[:, : n - t] * centred[:, t:]).sum() for t in range(n)]) / (centred**2).sum()


def chain_references(chains):
    rho = direct_autocorrelation(chains)
    tau, t = -1.0, 0
    while t + 1 < len(rho) and rho[t] + rho[t + 1] > 0:
        tau += 2 * (rho[t] + rho[t + 1])
        t += 2
    first = next((t for t, r in enumerate(rho) if r <= 0), len(rho))
    result = {
        "ess_bulk": float(arviz.ess(chains, method="bulk")),
        "ess_tail": float(arviz.ess(chains, method="tail")),
        "ess_mean": float(arviz.ess(chains, method="mean")),
        "mcse_mean": float(arviz.mcse(chains, method="mean")),
        "integrated_autocorrelation_time": tau,
        "timewarp_ess_per_frame": 1 / (-1 + 2 * np.abs(rho[:first]).sum()),
        "autocorrelation": rho[:6],
    }
    # ArviZ gives no R-hat for one chain.
    result["r_hat"] = float(arviz.rhat(chains, method="rank")) if len(chains) > 1 else None
    return result


def make_chains():
    rng = np.random.default_rng(20261121)
    mixed = two_state(rng, (4, 160), 0.02, 0.03)
    stuck = ar1(rng, (4, 160), 0.6) * 0.3 + np.array([[0.0], [0.0], [3.0], [0.0]])
    with_constant = ar1(rng, (4, 120), 0.4)
    with_constant[2] = 0.25
    cases = {
        "independent": rng.normal(size=(4, 150)),
        "ar1_slow": ar1(rng, (4, 200), 0.95),
        "ar1_odd_length": ar1(rng, (3, 133), 0.7),
        "antithetic": ar1(rng, (4, 150), -0.9),
        "heavy_tails": stats.cauchy.rvs(size=(4, 150), random_state=rng),
        "multimodal_stuck": stuck,
        "indicator": mixed,
        "rare_indicator": two_state(rng, (4, 200), 0.01, 0.4),
        "ties": np.round(ar1(rng, (4, 150), 0.8) * 2) / 10,
        "one_constant_chain": with_constant,
        "each_chain_constant": np.repeat([[0.0], [1.0], [1.0]], 20, axis=1),
        "one_chain": ar1(rng, (1, 240), 0.5),
        "two_trending_chains": ar1(rng, (2, 101), 0.5) + np.linspace(0, 2, 101),
        "four_draws": rng.normal(size=(4, 4)),
        "seven_draws": rng.normal(size=(2, 7)),
        "large_offset": ar1(rng, (4, 100), 0.8) * 20 - 5000.0,
    }
    entries = []
    for name, chains in cases.items():
        chains = np.round(chains, 5)
        references = chain_references(chains)
        if references["r_hat"] is not None and not np.isfinite(references["r_hat"]):
            references["r_hat"] = "infinite"
        entries.append({"name": name, "chains": chains, **references})
    write("chains.json", {"cases": entries})


def projected_dihedrals(points):
    """Angle between the outer bonds projected on the plane normal to the axis, [n_frames, n_torsions]."""
    axis = points[..., 2, :] - points[..., 1, :]
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    first, last = points[..., 0, :] - points[..., 1, :], points[..., 3, :] - points[..., 2, :]
    first = first - (first * axis).sum(-1, keepdims=True) * axis
    last = last - (last * axis).sum(-1, keepdims=True) * axis
    return np.arctan2((np.cross(axis, first) * last).sum(-1), (first * last).sum(-1))


def make_geometry():
    rng = np.random.default_rng(22)
    n_frames, n_atoms = 5, 22
    xyz = np.round(rng.normal(scale=0.3, size=(n_frames, n_atoms, 3)), 4).astype(np.float32)
    topology = mdtraj.Topology()
    chain = topology.add_chain()
    symbols = "H C H H C O N H C H C H H H C O N H C H H H".split()
    residue = topology.add_residue("XXX", chain)
    for index, symbol in enumerate(symbols):
        topology.add_atom(f"{symbol}{index}", mdtraj.element.get_by_symbol(symbol), residue)
    trajectory = mdtraj.Trajectory(xyz, topology)
    torsions = np.array([[4, 6, 8, 14], [6, 8, 14, 16], [1, 4, 6, 8], [8, 14, 16, 18], [6, 8, 10, 11]])
    pairs = np.array([[1, 18], [0, 21], [6, 14]])
    masses = np.array([a.element.mass for a in topology.atoms])
    # MDTraj computes in f32; another formula in f64, which must agree with it, gives the reference to full accuracy.
    wide = xyz.astype(np.float64)
    dihedrals = projected_dihedrals(wide[:, torsions])
    single = mdtraj.compute_dihedrals(trajectory, torsions, periodic=False)
    assert np.abs(dihedrals - single).max() < 1e-6
    distances = np.linalg.norm(np.diff(wide[:, pairs], axis=2)[:, :, 0], axis=-1)
    assert np.abs(distances - mdtraj.compute_distances(trajectory, pairs, periodic=False)).max() < 1e-6
    # mdtraj.compute_rg(masses=...) measures from the plain mean, so its inertia tensor about the centre of mass checks us.
    centre = (wide * masses[:, None]).sum(1, keepdims=True) / masses.sum()
    inertia = np.einsum("a,fai,faj->fij", masses, wide - centre, wide - centre)
    radii = np.sqrt(np.trace(inertia, axis1=1, axis2=2) / masses.sum())
    mdtraj_inertia = np.trace(mdtraj.compute_inertia_tensor(trajectory), axis1=1, axis2=2)
    assert np.abs(radii - np.sqrt(mdtraj_inertia / 2 / masses.sum())).max() < 1e-6
    write(
        "geometry.json",
        {
            "positions": [[float(f"{v:.4f}") for v in frame] for frame in xyz.reshape(n_frames, -1)],
            "masses_da": masses,
            "torsions": torsions,
            "pairs": pairs,
            "dihedrals_rad": dihedrals,
            "mdtraj_dihedrals_rad": single.astype(np.float64),
            "distances_nm": distances,
            "radii_of_gyration_nm": radii,
        },
    )


def tica_reference(trajectories, lag, scaling, reweight):
    weights = KoopmanWeightingEstimator(lagtime=lag).fit(trajectories).fetch_model() if reweight else None
    estimator = Covariance(
        lagtime=lag, compute_c00=True, compute_c0t=True, remove_data_mean=True,
        reversible=True, bessels_correction=False, ncov=1000,
    )
    covariance = estimator.fit(trajectories, weights=weights).fetch_model()
    model = TICA(lagtime=lag, scaling=scaling).fit_from_covariances(covariance).fetch_model()
    if not reweight:
        direct = TICA(lagtime=lag, scaling=scaling).fit(trajectories).fetch_model()
        assert np.allclose(direct.singular_values, model.singular_values, rtol=1e-12)
    result = {
        "lag_frames": lag,
        "scaling": scaling,
        "reweight": reweight,
        "mean": covariance.mean_0,
        "eigenvalues": model.singular_values,
        "timescales_frames": model.timescales(),
        "components": model.singular_vectors_left,
        "projection": model.transform(trajectories[1][:7]),
    }
    if reweight:
        result["koopman_coefficients"] = weights.weights_input
        result["koopman_constant"] = weights.const_weight_input
    return result


def make_tica():
    rng = np.random.default_rng(5)
    mixing = np.array([[1.0, 0.3, 0.0, 0.2], [-0.5, 1.0, 0.4, 0.0], [0.1, 0.2, 1.5, -0.3], [0.6, 0.0, 0.2, 0.8]])
    trajectories = []
    for length, start in ((220, 2.0), (180, -1.0), (150, 0.5)):
        hidden = np.empty((length, 4))
        hidden[0] = start
        for t in range(1, length):
            hidden[t] = np.array([0.97, 0.8, 0.5, -0.3]) * hidden[t - 1] + rng.normal(size=4) * [0.3, 0.5, 0.8, 1]
        trajectories.append(np.round(hidden @ mixing + [5.0, -3.0, 0.0, 100.0], 4))
    # A fifth feature that repeats the first: the covariance loses a rank and the cut-off must act.
    deficient = [np.column_stack([t, 2 * t[:, 0]]) for t in trajectories]
    write(
        "tica.json",
        {
            "trajectories": trajectories,
            "fits": [
                tica_reference(trajectories, 1, "kinetic_map", False),
                tica_reference(trajectories, 5, "kinetic_map", False),
                tica_reference(trajectories, 5, None, False),
                tica_reference(trajectories, 5, "kinetic_map", True),
                tica_reference(trajectories, 2, None, True),
            ],
            "deficient_eigenvalues": tica_reference(deficient, 5, None, False)["eigenvalues"],
        },
    )


def arcs(a, b):
    return (a - b + np.pi) % (2 * np.pi) - np.pi


def exact_w2(cost):
    rows, columns = linear_sum_assignment(cost)
    return float(np.sqrt(cost[rows, columns].mean()))


def circular_w2(a, b):
    size = lcm(len(a), len(b))
    a, b = np.repeat(a, size // len(a)), np.repeat(b, size // len(b))
    return exact_w2(arcs(a[:, None], b[None, :]) ** 2)


def line_w2(a, b):
    size = lcm(len(a), len(b))
    a, b = np.repeat(a, size // len(a)), np.repeat(b, size // len(b))
    return exact_w2((a[:, None] - b[None, :]) ** 2)


def make_ensembles():
    rng = np.random.default_rng(77)

    def wrapped(mean, kappa, size):
        return np.round(stats.vonmises.rvs(kappa, loc=mean, size=size, random_state=rng), 5)

    pairs = {
        "across_the_cut": (wrapped(3.0, 8.0, 60), wrapped(-2.9, 8.0, 60)),
        "bimodal": (
            np.concatenate([wrapped(-1.2, 10.0, 40), wrapped(1.0, 20.0, 5)]),
            np.concatenate([wrapped(-1.4, 10.0, 30), wrapped(2.6, 6.0, 30)]),
        ),
        "nearly_uniform": (wrapped(0.0, 0.05, 40), wrapped(2.0, 0.2, 64)),
        "single_points": (np.array([3.1]), np.array([-3.1, 0.5])),
    }
    circular = [{"name": n, "first": a, "second": b, "w2": circular_w2(a, b)} for n, (a, b) in pairs.items()]
    first = np.column_stack([wrapped(m, 3.0, 80) for m in (-1.2, 2.6, 3.0)])
    second = np.column_stack([wrapped(m, 2.0, 80) for m in (-1.5, -0.6, -3.0)])
    cost = (arcs(first[:, None, :], second[None, :, :]) ** 2).sum(axis=-1)
    energies = np.round(rng.normal(-100.0, 12.0, size=48), 4), np.round(rng.normal(-95.0, 15.0, size=30), 4)

    angles = wrapped(-1.0, 1.0, 300), wrapped(2.0, 0.8, 300)
    edges = np.linspace(-np.pi, np.pi, 13)
    counts = np.histogram(angles[0], edges)[0], np.histogram(angles[1], edges)[0]
    plane = np.histogram2d(*angles, bins=[edges, edges])[0].astype(int)
    value_counts = np.histogram(energies[0], bins=8, range=(-120.0, -80.0))[0]
    sharp = np.array([0, 0, 3, 5, 0, 1]), np.array([2, 0, 3, 0, 0, 4])
    log_weights = {
        "thin_tail": (rng.normal(size=200) * 0.4, 1.0),
        "heavy_tail": (stats.t.rvs(3, size=300, random_state=rng) * 1.5, 0.7),
        "useless": (rng.normal(size=250) * 5.0, 1.0),
        "few": (rng.normal(size=12), 1.0),
        "large_offset": (rng.normal(size=100) - 2000.0, 0.3),
    }
    pareto = []
    for name, (values, efficiency) in log_weights.items():
        values = np.round(values, 5)
        smoothed, k = arviz.psislw(values, reff=efficiency)
        k = float(k)
        pareto.append(
            {
                "name": name,
                "log_weights": values,
                "relative_efficiency": efficiency,
                "smoothed": smoothed,
                "k": k if np.isfinite(k) else None,
            }
        )
    write(
        "ensembles.json",
        {
            "circular": circular,
            "torus": {"first": first, "second": second, "w2": exact_w2(cost)},
            "energies": {
                "first": energies[0],
                "second": energies[1],
                "w2": line_w2(*energies),
                "mean": energies[0].mean(),
                "heat_capacity": energies[0].var(ddof=1) / (BOLTZMANN * KELVIN**2),
                "counts": value_counts,
            },
            "angles": {
                "first": angles[0],
                "second": angles[1],
                "counts": counts[0],
                "plane_counts": plane.ravel(),
                "temperature_kelvin": KELVIN,
                "plane_free_energies": [
                    None if c == 0 else -BOLTZMANN * KELVIN * np.log(c / plane.max()) for c in plane.ravel()
                ],
            },
            "jensen_shannon": [
                {"first": p, "second": q, "distance": jensenshannon(p, q)} for p, q in (counts, sharp)
            ],
            "pareto": pareto,
        },
    )


if __name__ == "__main__":
    for package, pinned in PINNED.items():
        assert version(package) == pinned, f"{package} {version(package)}, expected {pinned}"
    OUT.mkdir(parents=True, exist_ok=True)
    make_chains()
    make_geometry()
    make_tica()
    make_ensembles()
