"""Inputs: dicts, texts and paths mean the same, and faults are exceptions with the program's words."""

import json
import subprocess
import sys

import numpy as np
import pytest

import saltus
from saltus import _input

from conftest import INPUT


def yaml(input):
    (is_text, text, _), _ = _input.given(input)
    assert is_text
    return text


def test_a_dict_a_text_and_a_path_are_the_same_input(tmp_path):
    section = {"system": {"sequence": "ACE-GLY-NME", "solvent": "obc2"}}
    text = yaml(section)
    path = tmp_path / "input.yaml"
    path.write_text(text)
    energies = [saltus.energy(input).potential_energy for input in (section, text, path, str(path))]
    assert len(set(energies)) == 1


def test_values_survive_the_way_into_yaml():
    reader = pytest.importorskip("yaml")
    text = yaml(
        {
            "a": {"b": [[1, 2], [3, 4]], "c": "on", "d": 1e-5, "e": None, "f": np.float64(2.5), "g": "x: y", "h": []},
            "k": [{"l": 1}, {"m": [{"n": np.int64(2)}]}],
            "o": np.arange(3),
            "p": float("inf"),
            "q": "1.5",
        }
    )
    assert reader.safe_load(text.replace("1e-05", "1.0e-05")) == {
        "a": {"b": [[1, 2], [3, 4]], "c": "on", "d": 1e-5, "e": None, "f": 2.5, "g": "x: y", "h": []},
        "k": [{"l": 1}, {"m": [{"n": 2}]}],
        "o": [0, 1, 2],
        "p": float("inf"),
        "q": "1.5",
    }


def test_what_no_input_can_hold_is_refused():
    with pytest.raises(TypeError, match="expected a number, a text, a list or a dict"):
        saltus.energy({"system": {"sequence": object()}})
    with pytest.raises(TypeError, match="got int, expected a dict"):
        saltus.energy(3)


def test_a_fault_names_its_line_and_the_remedy():
    with pytest.raises(saltus.InputError) as caught:
        saltus.run({**INPUT, "sampler": [{"langevine": {"steps": 10}}]})
    error = caught.value
    assert (error.file, error.line) == ("input", 9)
    assert error.help.startswith("did you mean `langevin`?")
    assert "unknown kernel `langevine`" in str(error)
    assert isinstance(error, saltus.Error)


def test_all_faults_are_told():
    bad = {**INPUT, "temperature_kelvin": -1, "replicas": 0}
    with pytest.raises(saltus.InputError) as caught:
        saltus.run(bad)
    assert len(caught.value.faults) == 2
    assert all(fault.line for fault in caught.value.faults)


def test_a_fault_says_what_the_program_says(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("system: {sequence: AXA}\n")
    with pytest.raises(saltus.InputError) as caught:
        saltus.energy(path)
    command = [sys.executable, "-c", "from saltus._command_line import main; main()", "energy", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == f"error: {caught.value}"


def test_the_program_is_there_as_a_command():
    command = [sys.executable, "-c", "from saltus._command_line import main; main()", "info", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["version"] == saltus.__version__
