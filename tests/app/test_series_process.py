"""A file is read in a process of its own, whose time and memory are bounded; a diagnosis too can be ended."""

from __future__ import annotations

import time

import numpy as np
import psutil

from seqzoo.app.series import understanding, uploads
from seqzoo.data.measured import Choices, Reading
from seqzoo.data.series import Series
from seqzoo.diagnosis.examinations import Examinations, order_of


def test_a_file_that_takes_too_much_memory_or_time_is_a_problem_and_nothing_else(home, monkeypatch, capfd):
    rows = "\n".join(f"2024-01-{day:02} {hour:02}:00,{hour}" for day in range(1, 29) for hour in range(24))
    upload = uploads.find(uploads.keep(f"t,v\n{rows}".encode(), "hourly.csv"))
    known = understanding.understood(upload, Choices())
    assert (known.columns, known.labels, len(known.series)) == (("t", "v"), ("v",), 672)
    assert understanding.understood(upload, Choices()) is known  # without a process
    monkeypatch.setattr(understanding, "MEMORY", 64 << 20)
    assert "64 MB of memory" in understanding.understood(upload, Choices(time="1")).problem
    monkeypatch.setattr(understanding, "SECONDS", 0.0)
    assert "longer than 0 seconds" in understanding.understood(upload, Choices(value="2")).problem
    uploads.delete(upload.sha256)
    monkeypatch.undo()
    assert capfd.readouterr().err == ""


def test_a_cancelled_diagnosis_leaves_no_process_and_no_folder_and_a_series_that_it_refuses_says_why(home):
    exams, before = Examinations(home), psutil.Process().children(recursive=True)
    try:
        series = Series("walk", np.random.default_rng(0).standard_normal(300).cumsum())
        reading = Reading((series,), ("walk",), "300 numbers.")
        key = exams.start(order_of(reading, "quick", None, None), series.values)
        assert exams.start(order_of(reading, "quick", None, None), series.values) == key  # another visitor
        state = exams.state(key)
        while "contest" not in state.stages:
            assert state.how == "running", state
            time.sleep(0.05)
            state = exams.state(key)
        assert "300 numbers." in state.shown["series"] and "<svg" in state.shown["series"]
        processes = [one for one in psutil.Process().children(recursive=True) if one not in before]
        assert len(processes) > 1  # one of them trains
        exams.cancel(key)
        psutil.wait_procs(processes, timeout=30)
        assert not any(process.is_running() for process in processes)
        assert exams.state(key) is None and not (home / "diagnoses" / key).exists()

        order = order_of(reading, "quick", 200, None)
        refused = exams.start(order, series.values)
        while (state := exams.state(refused)).how == "running":
            time.sleep(0.05)
        assert state.how == "refused" and "a third of the values" in state.reason
    finally:
        exams.close()
