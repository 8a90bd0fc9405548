"""Runs: arrays against h5py's, MDTraj's and MDAnalysis' reading of the same files; Ctrl-C, resuming, errors."""

import json
import os
import signal
import threading
import time

import numpy as np
import pytest

import saltus

from conftest import INPUT


def test_shapes_and_what_the_run_says_of_itself(small_run):
    assert (small_run.n_replicas, small_run.n_frames, small_run.n_atoms) == (3, 40, 22)
    assert small_run.positions.shape == (3, 40, 22, 3)
    assert small_run.acceptance.shape == (3, 40, 2)
    assert small_run.kernel_names == ["hmc", "torsion"]
    assert small_run.exact and small_run.seed == 7
    assert small_run.log_weights is None
    assert small_run.summary["completed"] and small_run.summary["frames"] == 40
    np.testing.assert_array_equal(small_run.temperatures_kelvin, [310.0] * 3)
    assert small_run.cycles[0, 0] == 25
    assert "ACE-ALA-NME, 22 atoms; 3 replicas of 40 frames" in repr(small_run)


def test_arrays_are_those_of_the_files(small_run):
    h5py = pytest.importorskip("h5py")
    for replica, path in enumerate(small_run.files):
        with h5py.File(path) as file:
            np.testing.assert_array_equal(small_run.positions[replica], file["coordinates"])
            np.testing.assert_array_equal(small_run.potential_energies[replica], file["potentialEnergy"])
            np.testing.assert_array_equal(small_run.times_ps[replica], file["time"])


def test_energies_of_frames_are_those_of_the_run(small_run):
    energies, _ = saltus.energy(INPUT, small_run.positions[1])
    np.testing.assert_allclose(energies, small_run.potential_energies[1], atol=0.02)


def test_mdtraj_has_the_same_trajectory(small_run):
    mdtraj = pytest.importorskip("mdtraj")
    own = small_run.mdtraj(1)
    read = mdtraj.load(str(small_run.files[1]))
    np.testing.assert_array_equal(own.xyz, read.xyz)
    np.testing.assert_array_equal(own.time, read.time)
    assert own.topology == read.topology
    np.testing.assert_array_equal(mdtraj.compute_phi(own)[1], mdtraj.compute_phi(read)[1])
    assert small_run.mdtraj().n_frames == 120


def test_mdanalysis_has_the_same_trajectory(small_run):
    mda = pytest.importorskip("MDAnalysis")
    own = small_run.universe(2)
    read = mda.Universe(str(small_run.path / "topology.pdb"), str(small_run.files[2]), format="H5MD")
    assert list(own.atoms.names) == list(read.atoms.names)
    assert list(own.residues.resnames) == list(read.residues.resnames)
    for ours, theirs in zip(own.trajectory, read.trajectory):
        np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-5)
    assert len(own.bonds) == len(small_run.topology.bonds)


def test_analysis_against_arviz_and_mdtraj(small_run):
    arviz = pytest.importorskip("arviz")
    mdtraj = pytest.importorskip("mdtraj")
    analysis = small_run.analyze()
    data = analysis.arviz()
    ess, r_hat = arviz.ess(data), arviz.rhat(data)
    for row in analysis.rows:
        if row["ess_bulk"] is not None:
            assert row["ess_bulk"] == pytest.approx(float(ess[row["name"]]), rel=1e-6)
            assert row["r_hat"] == pytest.approx(float(r_hat[row["name"]]), rel=1e-6)
    names, features = analysis.features()
    phi = mdtraj.compute_phi(small_run.mdtraj(0))[1][:, 0]
    np.testing.assert_allclose(features[0][:, names.index("cos_phi_2")], np.cos(phi), atol=1e-5)
    assert analysis["cos_phi_2"]["mean"] == pytest.approx(analysis.observables["cos_phi_2"].mean())
    with pytest.raises(KeyError, match="there is no observable psi"):
        analysis["psi"]


def test_quantities_are_looked_at_when_asked_for(small_run):
    analysis = small_run.analyze(observe=["j3_hn_ha/bax1997", "noe ALA 2 HA, NME 3 H"])
    values = analysis.observables
    shifted = np.arctan2(values["sin_phi_2"], values["cos_phi_2"]) - np.radians(60)
    expected = 7.09 * np.cos(shifted) ** 2 - 1.42 * np.cos(shifted) + 1.55
    np.testing.assert_allclose(values["j3_hn_ha_bax1997_2"], expected, rtol=1e-12)
    row = analysis["noe_ALA2-HA_NME3-H"]
    assert row["noe_distance_nm"] == pytest.approx(row["mean"] ** (-1 / 6))
    with pytest.raises(saltus.InputError, match="expected one of populations"):
        small_run.analyze(observe=["population"])


def test_deeptime_takes_the_features(small_run):
    decomposition = pytest.importorskip("deeptime.decomposition")
    model = decomposition.TICA(lagtime=1, dim=2).fit_fetch(small_run.deeptime())
    assert model.transform(small_run.deeptime()[0]).shape == (40, 2)


def test_a_notebook_shows_a_table_and_a_picture(small_run, tmp_path):
    shown = small_run._repr_html_()
    assert "<table>" in shown and "<svg" in shown and "cos_phi_2" in shown
    page = small_run.analyze().write(tmp_path / "report")
    assert page.read_text() == small_run.analyze().html()
    with pytest.raises(saltus.InputError, match="exists already"):
        small_run.analyze().write(tmp_path / "report")


def test_no_file_to_analyse_is_an_error(tmp_path):
    with pytest.raises(saltus.Error, match="holds no trajectory"):
        saltus.analyze(tmp_path)
    with pytest.raises(saltus.Error, match="holds no trajectory"):
        saltus.Run(tmp_path)


def test_an_earlier_run_is_not_overwritten(small_run):
    with pytest.raises(saltus.InputError, match="exists already"):
        saltus.run(INPUT, output=small_run.path, progress=False)


def test_other_threads_go_on_meanwhile(tmp_path):
    counted = 0
    stop = threading.Event()

    def count():
        nonlocal counted
        while not stop.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    start = time.monotonic()
    saltus.run(INPUT, output=tmp_path / "out", cycles=1000, progress=False)
    took = time.monotonic() - start
    stop.set()
    thread.join()
    assert counted > 100 * took


def test_ctrl_c_keeps_what_there_is_and_the_run_goes_on_bit_for_bit(tmp_path):
    whole = saltus.run(INPUT, output=tmp_path / "whole", cycles=3000, progress=False)
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        saltus.run(INPUT, output=tmp_path / "parts", cycles=1_000_000, progress=False)
    stopped = saltus.Run(tmp_path / "parts")
    assert 0 < stopped.n_frames
    n_cycles = max(3000, 5 * stopped.n_frames + 100)
    resumed = saltus.run(INPUT, output=tmp_path / "parts", resume=True, cycles=n_cycles, progress=False)
    n_frames = whole.n_frames
    np.testing.assert_array_equal(resumed.positions[:, :n_frames], whole.positions)


def test_progress_is_told(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("saltus._run.Progress", lambda: Teller(told))
    saltus.run(INPUT, output=tmp_path / "out", cycles=1000)
    assert told[0][1] == 1020 and told[0][2] in ("equilibrating", "sampling")
    assert told[-1] is True


class Teller:
    def __init__(self, told):
        self.told = told

    def __call__(self, *at):
        self.told.append(at)

    def close(self, is_complete):
        self.told.append(is_complete)


def test_the_bar_of_tqdm_ends_full(tmp_path, capsys):
    pytest.importorskip("tqdm")
    saltus.run(INPUT, output=tmp_path / "out")
    assert "220/220" in capsys.readouterr().err


def test_a_run_that_fails_is_an_error_with_the_programs_words(tmp_path):
    bad = {**INPUT, "sampler": [{"langevin": {"steps": 200, "timestep_fs": 5.0}}]}
    with pytest.raises(saltus.Error, match="blew up") as caught:
        saltus.run(bad, output=tmp_path / "out", cycles=500, progress=False)
    assert not isinstance(caught.value, saltus.InputError)
    assert "the frames up to then are in" in str(caught.value)


def test_the_summary_is_that_of_the_program(small_run):
    assert json.dumps(small_run.summary["kernels"][0]["name"]) == '"hmc"'
    assert small_run.summary["seed"] == 7
