"""Campaigns: the same table by every way, nothing lost or run twice, failures kept apart, wrong settings refused."""

import concurrent.futures as cf
import csv
import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser

import numpy as np
import pytest

import saltus
from saltus._campaign import loop, molecules, settings, status
from saltus._campaign.work import Outcome

SETTINGS = {
    "temperature_kelvin": 310,
    "replicas": 4,
    "seed": 7,
    "device": "cpu",
    "threads": 1,
    "sampler": [{"hmc": {"steps": 5, "timestep_fs": 1.0}}],
    "run": {"cycles": 60, "equilibration_cycles": 10},
    "output": {"every_cycles": 2},
}
# Long enough that a signal comes before the end on any machine.
LONG = {**SETTINGS, "run": {"cycles": 60000, "equilibration_cycles": 10}, "output": {"every_cycles": 600}}
DIPEPTIDES = ["ACE-ALA-NME", "ACE-GLY-NME", "ACE-SER-NME", "ACE-DAL-NME"]
BAD = "AXA"


def campaign(given, output, executor=None, settings=SETTINGS, **options):
    return saltus.campaign(given, settings, executor, output=output, **{"progress": False, **options})


def comparable(done):
    """The table without wall clocks."""
    return [{key: value for key, value in row.items() if key != "wall_seconds"} for row in done.table]


def noted(folder):
    return json.loads((folder / status.STATUS).read_text())


def wait_until(is_so, seconds=20.0):
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.02)


def has_begun(folder):
    return any(folder.glob("*/trajectory_*.h5"))


@pytest.fixture(scope="session")
def serial(tmp_path_factory):
    return campaign([*DIPEPTIDES, BAD], tmp_path_factory.mktemp("campaign") / "serial")


@pytest.fixture(scope="session")
def serial_long(tmp_path_factory):
    return campaign(DIPEPTIDES[:2], tmp_path_factory.mktemp("campaign") / "long", settings=LONG, report=False)


def test_a_failure_is_kept_apart_with_its_reason_and_the_others_finish(serial):
    assert len(serial) == 5 and serial.counts == {"finished": 4, "failed": 1}
    (failure,) = serial.failures
    assert (failure.name, failure.run if failure.report else None) == (BAD, None)
    assert failure.reason.startswith("system.sequence: unknown one-letter code 'X' at position 2 of 'AXA'")
    assert noted(serial.path / BAD)["attempts"] == 2
    result = serial["ACE-ALA-NME"]
    assert result.run.positions.shape == (4, 30, 22, 3)
    assert result.verdict == "not converged" and "observables" in result.reason
    assert result.report.read_text().startswith("<!DOCTYPE html>")
    assert [one.name for one in serial] == [*DIPEPTIDES, BAD]
    with pytest.raises(KeyError, match="there is no molecule 'AAA'"):
        serial["AAA"]


def test_the_table_has_what_run_and_analysis_say(serial):
    rows = {row["name"]: row for row in serial.table}
    run = serial["ACE-GLY-NME"].run
    row, judged = rows["ACE-GLY-NME"], [row for row in run.analyze().rows if row["ess_bulk"] is not None]
    assert row["smallest_ess"] == min(min(line["ess_bulk"], line["ess_tail"]) for line in judged)
    assert row["largest_r_hat"] == max(line["r_hat"] for line in judged)
    assert row["radius_of_gyration_nm"] == run.analyze()["radius_of_gyration"]["mean"]
    assert (row["n_atoms"], row["frames"], row["replicas"], row["seed"]) == (19, 30, 4, run.seed)
    assert len({row["seed"] for row in rows.values()}) == 5


def test_csv_parquet_and_page_are_the_table(serial):
    with open(serial.path / "campaign.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    for line, row in zip(lines, serial.table, strict=True):
        assert line == {key: "" if value is None else str(value) for key, value in row.items()}
    assert (serial.path / "campaign.csv").read_bytes().count(b"\r\n") >= 6
    page = Page((serial.path / "index.html").read_text())
    assert page.n_rows == 6 and page.cells[1] == "failed"
    assert not page.elsewhere and all((serial.path / link).exists() for link in page.links)
    assert f"{serial.path.name}: 5 molecules" in page.text
    assert "1 failed, 4 finished" in serial._repr_html_() and "1 failed, 4 finished" in repr(serial)
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(serial.path / "campaign.parquet").to_pylist() == serial.table


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.text, self.n_rows, self.links, self.elsewhere, self.cells, self.is_cell = text, 0, [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.n_rows += tag == "tr"
        self.is_cell = tag == "td"
        if self.is_cell:
            self.cells.append("")
        for key, value in attributes:
            if key in ("href", "src"):
                (self.elsewhere if ":" in value else self.links).append(value)

    def handle_data(self, data):
        if self.is_cell:
            self.cells[-1] += data


def test_names_and_reasons_cannot_break_the_page_or_the_table(tmp_path):
    name = '<script>alert(1)</script>, "x"\n'
    done = campaign({name: BAD}, tmp_path / "out")
    assert "<script>alert" not in (done.path / "index.html").read_text()
    with open(done.path / "campaign.csv", newline="") as file:
        assert next(csv.DictReader(file))["name"] == name


def test_processes_give_the_same_table(serial, tmp_path):
    with cf.ProcessPoolExecutor(2) as executor:
        done = campaign([*DIPEPTIDES, BAD], tmp_path / "out", executor)
    assert comparable(done) == comparable(serial)
    one, other = (each["ACE-ALA-NME"].run.positions for each in (done, serial))
    np.testing.assert_array_equal(one, other)


def test_threads_give_the_same_table(serial, tmp_path):
    with cf.ThreadPoolExecutor(2) as executor:
        done = campaign([*DIPEPTIDES, BAD], tmp_path / "out", executor)
    assert comparable(done) == comparable(serial)


def test_what_the_program_logs_stands_with_the_molecule(tmp_path, capfd):
    campaign(["ACE-PRO-NME", "ACE-ALA-NME"], tmp_path / "out", report=False)
    assert "before PRO 2" in noted(tmp_path / "out" / "ACE-PRO-NME")["log"][0]
    assert noted(tmp_path / "out" / "ACE-ALA-NME")["log"] == []
    assert capfd.readouterr().err == ""


def test_what_is_finished_is_not_run_again(serial, tmp_path, monkeypatch):
    shutil.copytree(serial.path, tmp_path / "out")
    run = []
    monkeypatch.setattr("saltus._campaign.loop.work", lambda task: run.append(task.name) or Outcome("finished"))
    campaign([*DIPEPTIDES, "ACE-VAL-NME", BAD], tmp_path / "out", overview=False)
    assert run == ["ACE-VAL-NME", BAD]


def test_a_killed_worker_loses_nothing(serial_long, tmp_path):
    output = tmp_path / "out"
    killer = None
    with cf.ProcessPoolExecutor(2) as executor:

        def kill():
            wait_until(lambda: has_begun(output))
            os.kill(next(iter(executor._processes)), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(saltus.Error, match="the executor died: BrokenProcessPool") as caught:
            campaign(DIPEPTIDES[:2], output, executor, LONG, report=False)
        killer.join()
    assert "call saltus.campaign again" in str(caught.value) and "ACE-" in str(caught.value)
    states = [result.status for result in saltus.Campaign(output)]
    assert "cut off" in states and "failed" not in states
    with cf.ProcessPoolExecutor(2) as executor:
        done = campaign(DIPEPTIDES[:2], output, executor, LONG, report=False)
    assert comparable(done) == comparable(serial_long)


def test_ctrl_c_stops_workers_with_checkpoints_and_the_same_call_goes_on(serial_long, tmp_path):
    output = tmp_path / "out"
    with cf.ProcessPoolExecutor(2) as executor:
        # Only this process is told; the workers learn of it by the campaign.
        threading.Thread(
            target=lambda: (wait_until(lambda: has_begun(output)), os.kill(os.getpid(), signal.SIGINT))
        ).start()
        with pytest.raises(KeyboardInterrupt):
            campaign(DIPEPTIDES[:2], output, executor, LONG, report=False)
    states = {result.name: result.status for result in saltus.Campaign(output)}
    assert "stopped" in states.values() and "cut off" not in states.values(), states
    stopped = [name for name, state in states.items() if state == "stopped" and has_checkpoint(output / name)]
    assert stopped and not list(output.glob(".stop-*"))
    done = campaign(DIPEPTIDES[:2], output, settings=LONG, report=False)
    assert comparable(done) == comparable(serial_long)


def has_checkpoint(folder):
    return (folder / "checkpoint.saltus").exists()


def test_sigterm_stops_a_process_with_a_checkpoint(serial_long, tmp_path, monkeypatch):
    script = "import sys, json, saltus; saltus.campaign(*json.loads(sys.argv[1]), output=sys.argv[2], report=False)"
    command = [sys.executable, "-c", script, json.dumps([DIPEPTIDES[:2], LONG]), str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: has_begun(tmp_path / "out"))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "stopped: 0 molecules are finished" in said and "KeyboardInterrupt" in said
    assert [result.status for result in saltus.Campaign(tmp_path / "out")] == ["stopped"]
    assert has_checkpoint(tmp_path / "out" / DIPEPTIDES[0])
    resumed = []
    real = saltus.run
    monkeypatch.setattr(
        "saltus._campaign.work.run", lambda *a, **options: resumed.append(options["resume"]) or real(*a, **options)
    )
    done = campaign(DIPEPTIDES[:2], tmp_path / "out", settings=LONG, report=False)
    assert resumed == [True, False]
    assert comparable(done) == comparable(serial_long)


def test_shards_together_are_the_whole(serial, tmp_path):
    parts = [campaign([*DIPEPTIDES, BAD], tmp_path / "out", shard=(i, 3)) for i in range(3)]
    assert [len(part) for part in parts] == [2, 4, 5]
    assert comparable(parts[-1]) == comparable(serial)


def overlapping(output):
    campaign(DIPEPTIDES, output, report=False)


def test_two_processes_at_the_same_molecules_run_none_twice(serial, tmp_path):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=overlapping, args=(tmp_path / "out",)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert [
        noted(tmp_path / "out" / result.row["folder"])["attempts"] for result in saltus.Campaign(tmp_path / "out")
    ] == [1] * 4
    without_report = [{**row, "report": ""} for row in comparable(serial)[:4]]
    assert comparable(saltus.Campaign(tmp_path / "out")) == without_report


def test_a_molecule_that_another_process_runs_is_left_to_it(tmp_path):
    folder = tmp_path / "out" / DIPEPTIDES[0]
    folder.mkdir(parents=True)
    with status.locked(folder) as is_mine:
        assert is_mine
        done = campaign(DIPEPTIDES[:2], tmp_path / "out", report=False)
    assert [result.name for result in done] == DIPEPTIDES[1:2]
    assert not (folder / status.STATUS).exists()


def test_a_generator_is_asked_for_a_window_at_most(tmp_path, monkeypatch):
    asked, finished, ahead = 0, 0, []

    def many():
        nonlocal asked
        for index in range(2000):
            asked += 1
            ahead.append(asked - finished)
            yield f"molecule-{index}", "AAA"

    def work(task):
        nonlocal finished
        finished += 1
        return Outcome("finished")

    monkeypatch.setattr("saltus._campaign.loop.work", work)
    with cf.ThreadPoolExecutor(1) as executor:
        campaign(many(), tmp_path / "out", executor, window=8, overview=False)
    assert finished == 2000 and max(ahead) <= 8


class Broken(cf.Executor):
    """Dies at its second task."""

    def __init__(self):
        self.n_submitted = 0

    def submit(self, function, /, *args):
        self.n_submitted += 1
        if self.n_submitted == 2:
            raise cf.BrokenExecutor("the node went away")
        return loop.Here().submit(function, *args)


def test_an_executor_that_dies_is_told_with_the_way_on(tmp_path):
    with pytest.raises(saltus.Error, match="the executor died: BrokenExecutor: the node went away") as caught:
        campaign(DIPEPTIDES, tmp_path / "out", Broken(), report=False)
    assert "2 were in its hands and are not counted: ACE-GLY-NME, ACE-ALA-NME" in str(caught.value)
    assert len(campaign(DIPEPTIDES, tmp_path / "out", report=False)) == 4


class Losing:
    """Loses the worker of one molecule every time; its futures are only polled, as submitit's are."""

    def submit(self, function, task):
        future = cf.Future()
        if task.name == DIPEPTIDES[0]:
            future.set_exception(RuntimeError("killed by the system"))
        else:
            future.set_result(function(task))
        return Job(future)


class Job:
    def __init__(self, future):
        self.done, self.result, self.cancel = future.done, future.result, future.cancel


def test_a_molecule_that_kills_its_workers_fails_alone(tmp_path):
    done = campaign(DIPEPTIDES[:2], tmp_path / "out", Losing(), report=False)
    assert [failure.reason for failure in done.failures] == [
        "no answer from its worker: RuntimeError: killed by the system"
    ]
    assert done[DIPEPTIDES[1]].status == "finished"


def test_a_failure_is_tried_again_and_mended(tmp_path):
    pdb = tmp_path / "peptide.pdb"
    pdb.write_text("ATOM  nonsense\n")
    done = campaign([pdb, DIPEPTIDES[0]], tmp_path / "out", report=False, retries=0)
    assert [(failure.name, noted(failure.path)["attempts"]) for failure in done.failures] == [("peptide", 1)]
    assert str(pdb) in done.failures[0].reason
    pdb.write_text(saltus.build(DIPEPTIDES[1]).pdb)
    done = campaign([pdb, DIPEPTIDES[0]], tmp_path / "out", report=False)
    assert done.counts == {"finished": 2}


def test_a_full_disk_fails_with_its_reason_and_goes_on_once_there_is_room(serial, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2400k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        with pytest.raises(saltus.Error, match="could not be written.*No space left") as caught:
            campaign(DIPEPTIDES, disk / "out")
        assert "saltus.Campaign(" in str(caught.value)
        states = [result.status for result in saltus.Campaign(disk / "out")]
        assert (
            "finished" in states and set(states) <= {"finished", "failed", "cut off"} and states.count("finished") < 4
        )
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        done = campaign(DIPEPTIDES, disk / "out")
        assert comparable(done) == comparable(serial)[:4]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replicas": 5}, r"settings: replicas: got 5, but the campaign in .* has 4"),
        ({"seed": 8}, r"settings: seed: got 8, but .* has 7"),
        ({"sampler": [{"hmc": {"steps": 6, "timestep_fs": 1.0}}]}, r"sampler\[0\]\.hmc\.steps: got 6, but .* has 5"),
        ({"precision": "double"}, r'precision: got "double", but .* has nothing'),
        ({"system": {"solvent": "gbn2"}}, r"settings: system: got {\"solvent\": \"gbn2\"}, but .* has nothing"),
    ],
)
def test_other_settings_are_refused(serial, change, words):
    with pytest.raises(saltus.InputError, match=words):
        campaign(DIPEPTIDES, serial.path, settings={**SETTINGS, **change})


def test_settings_that_change_no_number_may_differ(serial):
    done = campaign(DIPEPTIDES, serial.path, settings={**SETTINGS, "threads": 2}, overview=False)
    assert done.counts["finished"] == 4


def test_another_molecule_under_the_same_name_is_refused_before_anything_runs(serial):
    with pytest.raises(saltus.InputError, match=r'sequence: got "ACE-LEU-NME", but .* has "ACE-ALA-NME"'):
        campaign({"new": "ACE-VAL-NME", DIPEPTIDES[0]: "ACE-LEU-NME"}, serial.path)
    assert not (serial.path / "new").exists()
    with pytest.raises(saltus.InputError, match="sequence: got"):
        campaign(iter([(DIPEPTIDES[0], "ACE-LEU-NME")]), serial.path)


def test_files_of_an_ordinary_run_are_not_replaced(tmp_path):
    saltus.run({**SETTINGS, "system": {"sequence": "ACE-ALA-NME"}}, output=tmp_path / "ACE-ALA-NME", progress=False)
    with pytest.raises(saltus.InputError, match="exists, but no campaign wrote it"):
        campaign(DIPEPTIDES, tmp_path)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"esss": 100}, "unknown key 'esss'\n  help: did you mean 'ess'?"),
        ({"ess": 100, "sampler": []}, "'ess' is an argument of saltus.sample, 'sampler' a key of an input"),
        ({"sampler": SETTINGS["sampler"]}, r"got an input \('sampler'\) without 'run'"),
        ({**SETTINGS, "system": {"sequence": "AAA"}}, "system.sequence is a molecule's"),
        ({**SETTINGS, "output": {"directory": "x"}}, "output.directory: every molecule has a folder of its own"),
        (
            {**SETTINGS, "sampler": [{"hmcc": {}}]},
            r"settings: sampler\[0\]: unknown kernel `hmcc`\n  help: did you mean `hmc`",
        ),
        ({**SETTINGS, "temperature_kelvin": -1}, "settings: temperature_kelvin: got -1"),
        ({**SETTINGS, "system": {"solvent": "obc3"}}, "settings: system.solvent: unknown value `obc3`"),
        ({**SETTINGS, "seed": 1.5}, "settings: seed: got 1.5, expected a whole number"),
        ({"output": "x", "ess": 3}, "settings: 'ess' is an argument of saltus.sample, 'output' a key"),
        ({"resume": True}, "settings: 'resume' is not set for all molecules"),
        ("input.yaml", "settings: got str, expected a dict"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(tmp_path, given, words):
    with pytest.raises(saltus.InputError, match=words):
        campaign(DIPEPTIDES, tmp_path / "out", settings=given)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("AAA", "got one molecule, 'AAA', expected several"),
        ({"sequence": "AAA"}, "got the section `system` of one molecule"),
        ({"AAA", "AAG"}, "got a set of molecules"),
        (["AAA", "AAG", "AAA"], "molecules 0 and 2, 'AAA' and 'AAA', have the same name"),
        ({"ala": "AAA", "Ala": "AaA"}, "have names that some file systems do not keep apart"),
        (["AAA", 3], "molecule 1: got int, expected a sequence"),
        (5, "got int, expected an iterable of molecules"),
    ],
)
def test_wrong_molecules_are_refused_before_anything_runs(tmp_path, given, words):
    with pytest.raises(saltus.InputError, match=words):
        campaign(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shard", [(2, 2), (-1, 2), (0, 0), (0.0, 2), 1, (True, 2), (0, 1, 2)])
def test_wrong_shards_are_refused(tmp_path, shard):
    with pytest.raises(saltus.InputError, match="shard: got .*, expected \\(i, n\\) with i from 0 to n - 1"):
        campaign(DIPEPTIDES, tmp_path / "out", shard=shard)


def test_other_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(saltus.InputError, match="executor: got int, expected one of concurrent.futures"):
        campaign(DIPEPTIDES, tmp_path / "out", 4)
    with pytest.raises(saltus.InputError, match="retries: got -1"):
        campaign(DIPEPTIDES, tmp_path / "out", retries=-1)
    with pytest.raises(saltus.InputError, match="window: got 0"):
        campaign(DIPEPTIDES, tmp_path / "out", window=0)
    with pytest.raises(saltus.InputError, match="holds no campaign"):
        saltus.Campaign(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(saltus.InputError, match="cannot make the output folder"):
        campaign(DIPEPTIDES, tmp_path / "file")


def test_folders_differ_where_file_systems_know_no_case():
    names = ["AAA", "AaA", "aaa", "aAa", "cyclo(RGDfV)", "cyclo(RGDFV)", "A" * 200, "A" * 201]
    folders = [molecules.folder_of(name, True) for name in names]
    assert len({folder.casefold() for folder in folders}) == len(names)
    assert folders[0] == "AAA" and folders[4].startswith("cyclo_RGDfV-")
    for name in ("../x", "a/b", ".", "..", "", "con", "index.html", ".hidden", "x\0y"):
        folder = molecules.folder_of(name, False)
        assert folder != name and set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.") and folder[0] != "."
    assert molecules.folder_of("villin-1yrf.A", False) == "villin-1yrf.A"


def test_molecules_are_taken_in_every_form(tmp_path):
    pdb = tmp_path / "from_file.pdb"
    pdb.write_text(saltus.build("ACE-ALA-NME").pdb)
    given = [
        ("system", saltus.System.from_sequence("ACE-ALA-NME", solvent="vacuum")),
        ("section", {"sequence": "ACE-ALA-NME", "solvent": "gbn2"}),
        {"sequence": "ACE-GLY-NME"},
        os.path.relpath(pdb),
    ]
    done = campaign(given, tmp_path / "out", settings={**SETTINGS, "system": {"solvent": "obc2"}}, report=False)
    assert [result.name for result in done] == ["system", "section", "ACE-GLY-NME", "from_file"]
    solvents = [noted(result.path)["identity"]["solvent"] for result in done]
    assert solvents == ["vacuum", "gbn2", "obc2", "obc2"]
    assert done.counts == {"finished": 4}


def test_a_system_of_openmm_is_copied_to_where_all_nodes_see_it(tmp_path):
    app = pytest.importorskip("openmm.app")
    pdb = tmp_path / "alanine.pdb"
    pdb.write_text(saltus.build("ACE-ALA-NME").pdb)
    read = app.PDBFile(str(pdb))
    made = app.ForceField("amber14-all.xml").createSystem(read.topology)
    system = saltus.System.from_openmm(made, read.topology, read.positions)
    assert pickle.loads(pickle.dumps(system)).section == system.section
    done = campaign({"alanine": system}, tmp_path / "out", report=False)
    assert done.counts == {"finished": 1}
    for key in ("openmm_system", "pdb"):
        assert str(tmp_path / "out" / "alanine" / "molecule") in done["alanine"].run.input_yaml


class Learning(saltus.Proposal):
    """Its width is what it saw last: an object that went on to the next molecule would change it."""

    width = 1e-3

    def propose(self, positions, temperatures, rng):
        self.width *= 1.1
        log_scale = min(self.width, 0.01) * rng.standard_normal(len(positions))
        log_volume = positions[0].size * log_scale
        return positions * np.exp(log_scale)[:, None, None], -log_volume / 2, log_volume / 2


def test_a_proposal_begins_anew_with_every_molecule(tmp_path):
    given = {**SETTINGS, "sampler": [*SETTINGS["sampler"], Learning()]}
    one = campaign(DIPEPTIDES[:2], tmp_path / "serial", settings=given, report=False)
    with cf.ProcessPoolExecutor(1) as executor:
        other = campaign(DIPEPTIDES[1::-1], tmp_path / "pool", executor, settings=given, report=False)
    assert sorted(map(str, comparable(one))) == sorted(map(str, comparable(other)))


def test_keys_of_an_input_are_those_of_the_schema():
    command = [sys.executable, "-c", "from saltus._command_line import main; main()", "schema"]
    schema = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert set(settings.INPUT_KEYS) == set(schema["properties"])


def test_settings_of_sample_become_its_input(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "_check_values", lambda *_: None)
    made = settings.checked({"ess": 50, "solvent": "gbn2", "disulfides": [(1, 6)], "threads": 3}, tmp_path)
    asked = []
    monkeypatch.setattr("saltus._sample.run", lambda input, **_: asked.append(input) or Sampled())
    saltus.sample("CAAAAC", ess=50, solvent="gbn2", disulfides=[(1, 6)], seed=5)
    (named,) = molecules.named(["CAAAAC"], made.shared)
    assert made.input(named.section, 5, None) == {**asked[0], "threads": 3}
    assert made.input(named.section, 5, 1)["threads"] == 3


class Sampled:
    summary = None


def test_accuracy_that_is_not_reached_is_a_verdict(tmp_path):
    given = {"ess": 20, "r_hat": 1.5, "replicas": 4, "seed": 3, "device": "cpu"}
    try:
        settings.checked(given, tmp_path)
    except saltus.InputError as error:
        pytest.skip(f"this build does not choose samplers: {error}")
    done = campaign(DIPEPTIDES[:1], tmp_path / "out", settings=given, report=False)
    assert [(result.status, result.verdict, result.reason) for result in done] == [("finished", "accurate", "")]
    hurried = {**given, "ess": 1e6, "max_minutes": 0.02}
    done = campaign(DIPEPTIDES[:1], tmp_path / "hurried", settings=hurried, report=False)
    assert [(result.status, result.verdict) for result in done] == [("finished", "not accurate enough")]
    assert "the time is over" in next(iter(done)).reason


def test_dask_with_a_worker_killed_in_the_middle_gives_the_same_table(serial_long, tmp_path):
    distributed = pytest.importorskip("distributed")
    output = tmp_path / "out"
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        with pytest.raises(saltus.InputError, match="give client.get_executor"):
            campaign(DIPEPTIDES, output, client)

        def kill():
            wait_until(lambda: has_begun(output))
            pid = next(iter(client.run(os.getpid).values()))
            os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        done = campaign(DIPEPTIDES[:2], output, client.get_executor(), LONG, report=False)
        killer.join()
    assert comparable(done) == comparable(serial_long)
    assert max(noted(result.path)["attempts"] for result in done) == 2


def test_mpi_gives_the_same_table(serial, tmp_path):
    pytest.importorskip("mpi4py")
    if not shutil.which("mpirun"):
        pytest.skip("mpirun is not installed")
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys, saltus\n"
        "from mpi4py.futures import MPIPoolExecutor\n"
        "if __name__ == '__main__':\n"
        "    with MPIPoolExecutor() as executor:\n"
        "        saltus.campaign(*json.loads(sys.argv[1]), executor, output=sys.argv[2], progress=False)\n"
    )
    given = json.dumps([[*DIPEPTIDES, BAD], SETTINGS])
    command = ["mpirun", "-n", "3", "--oversubscribe", "--allow-run-as-root", sys.executable, "-m", "mpi4py.futures"]
    done = subprocess.run(
        [*command, str(script), given, str(tmp_path / "out")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert comparable(saltus.Campaign(tmp_path / "out")) == comparable(serial)
