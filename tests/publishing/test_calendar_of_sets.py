"""One model of several series that reads the calendar: the windows of each series take that of their own times."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from seqzoo import load
from seqzoo.bundles import holdout, shelf, store
from seqzoo.data.calendar import Calendar
from seqzoo.data.frequency import frequency
from seqzoo.data.series import Series
from seqzoo.data.times import TimeIndex
from seqzoo.data.windows import held_out_of
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.evaluation.holdout import LINEAR, LINEAR_CALENDAR, linear_on
from seqzoo.evaluation.on_a_series import entrants_of
from seqzoo.evaluation.rolling import Entrant, always
from seqzoo.forecasters.linear import RidgeAutoregression
from seqzoo.forecasters.table import label
from seqzoo.publishing import build, c
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.verify import verify
from seqzoo.signals import Observed, ObservedSet
from seqzoo.training.loop import train
from seqzoo.training.on_set import spec_on_set
from seqzoo.training.sources import Finite, sampler_of
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.terminal import Terminal

L, H = 4, 3
HOURS = Calendar(("hour",))
STARTS = {"A": ("2024-03-20T07:00", 90, 5.0), "B": ("2024-05-02T19:00", 120, 900.0)}
SMALL = {"recipe.steps": 5, "recipe.evaluate_every": 5, "config.hidden_size": 4}

pytestmark = pytest.mark.usefixtures("at_home")


def meters(zones: tuple[str | None, str | None] = (None, None)) -> dict[str, Series]:
    """Two series of hours whose days begin at other positions; what noise leaves is in the hour only."""
    rng, series = np.random.default_rng(5), {}
    for zone, (name, (start, count, level)) in zip(zones, STARTS.items(), strict=True):
        times = TimeIndex(np.datetime64(start, "us"), frequency("h"), zone)
        daily = HOURS.channels(times, count, -1)[:, 0] ** 2
        values = level * (3 + 2 * HOURS.channels(times, count, -1)[:, 0] + daily + rng.standard_normal(count))
        series[name] = Series(name.lower(), values, times)
    return series


def spec_of(*calendar: str, series: dict[str, Series] | None = None) -> TrainingSpec:
    return spec_on_set(
        _registry.architecture("gru"), "meters", series or meters(), H, context_length=L, season=24, changes=SMALL,
        calendar=calendar,
    )  # fmt: skip


@pytest.fixture(scope="module")
def of_set(home_of_all: Path) -> store.Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home_of_all))
        spec = spec_of("hour")
        card = _registry.architecture("gru").card_of(spec.source, spec.config)
        return build.export(train(spec), card, shelf.place("gru.meters"))


def test_every_window_has_the_calendar_of_its_own_series() -> None:
    spec = spec_of("hour")
    windows = sampler_of(spec)
    assert isinstance(windows, Finite) and windows.places is not None and isinstance(spec.source, ObservedSet)
    batches = [next(windows.batches(step)) for step in range(-(-len(windows.places) // windows.batch_size))]
    read = np.concatenate([batch.context for batch in batches])
    expected = []
    for member in spec.source.members:
        past, count = member.past(), member.cutoff - held_out_of(member.cutoff, H)
        known = HOURS.channels(member.series().times, member.length)
        scaled = (past - past.mean()) / past.std()
        expected += [np.column_stack([scaled[at : at + L], known[at : at + L]]) for at in range(count - L - H + 1)]

    def in_order(rows: np.ndarray) -> np.ndarray:
        flat = rows.reshape(len(rows), -1)
        return flat[np.argsort(flat[:, 0])]

    assert read.shape == (len(expected), L, 3)
    np.testing.assert_allclose(in_order(read), in_order(np.array(expected)), atol=1e-6)


def test_its_bundle_proves_the_calendar_of_each_series(of_set: store.Bundle) -> None:
    contract = of_set.manifest.contract
    assert (contract.names, contract.calendar) == (("value", "hour_sin", "hour_cos"), HOURS)
    assert TrainingSpec.of_manifest(of_set.manifest) == spec_of("hour")
    known = holdout.known_parts(of_set)
    assert known is not None and [len(part) for part in known] == [L + 18, L + 24]
    for part, series, cutoff in zip(known, meters().values(), (72, 96), strict=True):
        assert np.array_equal(part, HOURS.channels(series.times, len(series))[cutoff - L :])
    assert {LINEAR, LINEAR_CALENDAR} <= set(of_set.manifest.score.rivals) & set(of_set.manifest.score.mase)
    assert "best linear with the calendar" in of_set.read(store.CARD).decode()
    assert [check.name for check in verify(of_set).checks if check.passed is not True] == []
    again = reproduce(of_set)
    assert again.identical and again.overwritten == 18 + 24
    tensors = parse(of_set.read(store.HOLDOUT))
    tensors["known"][L + 18 :] = np.roll(tensors["known"][L + 18 :], 1, axis=0)  # the second series, one step late
    contents = {name: of_set.read(name) for name in of_set.manifest.files} | {store.HOLDOUT: serialise(tensors)}
    late = verify(store.write_bundle(shelf.place("gru.late"), of_set.manifest, contents).path)
    failed = {check.name: check.detail for check in late.checks if check.passed is False}
    assert set(failed) >= {"score", "split"} and "of 'b' are not those of the series' times" in failed["split"]


def test_it_is_trained_and_forecasts_each_series_of_a_file(
    of_set: store.Bundle, terminal: Terminal, tmp_path: Path
) -> None:
    file, rows = tmp_path / "meters.csv", ["unique_id,ds,y"]
    for name, series in meters().items():
        assert series.times is not None
        stamps = series.times.instants(len(series)).astype("datetime64[m]")
        rows += [f"{name},{stamp},{value!r}" for stamp, value in zip(stamps, series.values.tolist(), strict=True)]
    file.write_text("\n".join(rows), "utf-8")
    small = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    trained = terminal("train", "gru", "--series", file, "-n", H, "--context-length", L, "--season", 24,
                       "--scaling", "window", "--set", "recipe.optimiser=adam", "--keep-worse",
                       "--calendar", "auto", "--as", "gru.auto", *small)  # fmt: skip
    assert trained.status == 0 and "only the best linear with the calendar reads them too" in trained.err
    assert store.open_bundle(shelf.find("gru.auto")).manifest.contract.calendar == HOURS
    model = load("gru.meters")
    for horizon in (H, 7):  # the second is a roll-out, which needs the calendar of the steps between
        answer = json.loads(terminal("forecast", "gru.meters", "--file", file, "-n", horizon, "--json").out)
        for row, series in zip(answer["series"], meters().values(), strict=True):
            known = HOURS.channels(series.times, len(series) + horizon)
            read = np.column_stack([series.values, known[: len(series)]])
            np.testing.assert_allclose(
                row["forecast"], model.forecast(read, horizon, known[len(series) :])[0], rtol=1e-6
            )
            assert ("intervals" in row) == (horizon == H)
    tested = json.loads(terminal("backtest", "gru.meters", "--series", file, "--only", "B", "--json").out)
    assert {LINEAR, LINEAR_CALENDAR} <= set(tested["measures"]) and tested["first"] == 96
    assert terminal("verify", "gru.meters", "--series", file).out.rstrip().endswith("gru.meters passes")


def test_a_calendar_that_says_nothing_of_a_set_is_refused() -> None:
    plain = {name: Series(each.name, each.values) for name, each in meters().items()}
    for series, calendar, words in (
        (plain, ("hour",), "needs a time for each value"), (meters(), ("month", "auto"), "give no others"),
        (meters(("Europe/Berlin", None)), ("hour",), "one clock: 'A' has Europe/Berlin, 'B' no zone"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            spec_of(*calendar, series=series)
    with pytest.raises(UnknownNameError, match="part of the calendar"):
        spec_of("day")
    with pytest.raises(InputError, match="of measured series"):
        msgspec.structs.replace(spec_of("hour"), calendar=("weekday", "hour"))


def test_the_best_linear_forecaster_may_read_the_same_calendar() -> None:
    series = meters()["B"]
    source, known = Observed.of(series, 96), HOURS.channels(series.times, len(series))
    fitted = linear_on(source, L, H, known)
    assert list(fitted) == [LINEAR, LINEAR_CALENDAR] and list(linear_on(source, L, H)) == [LINEAR]
    assert label(LINEAR_CALENDAR) == "best linear with the calendar"
    at = np.arange(96, 118)[:, None]
    windows = np.dstack([series.values[at - L + np.arange(L)], known[at - L + np.arange(L)]])
    target = series.values[at + np.arange(H)]
    errors = {name: float(((each(windows) - target) ** 2).mean()) for name, each in fitted.items()}
    assert errors[LINEAR_CALENDAR] < 0.75 * errors[LINEAR]
    scaled = RidgeAutoregression(L).fit(1e-6 * series.values[:96], H, known[:96])  # another unit, the same forecaster
    in_unit = windows * np.array([1e-6, 1, 1])
    np.testing.assert_allclose(scaled(in_unit), 1e-6 * fitted[LINEAR_CALENDAR](windows), rtol=1e-6)
    with pytest.raises(InputError, match=r"windows \[B, L, 3\]"):
        fitted[LINEAR_CALENDAR](windows[:, :, 0])
    own = Entrant("gru.meters", always(lambda windows, following: windows[:, :1, 0]), L, known=known)
    entrants, left_out = entrants_of(own, series.values, 96, L, H, 1, statistical=False)
    assert LINEAR_CALENDAR in {each.name for each in entrants} and not left_out


def test_the_c_of_a_set_passes_its_test_and_states_what_int8_costs(of_set: store.Bundle, tmp_path: Path) -> None:
    for int8 in (False, True):
        written = c.to_c(of_set, int8=int8)
        (tmp_path / "meters.c").write_text(written.text, "utf-8")
        subprocess.run(["cc", "-DSELFTEST", tmp_path / "meters.c", "-lm", "-o", tmp_path / "meters"], check=True)
        subprocess.run([tmp_path / "meters"], check=True, capture_output=True)
    (exact,) = re.findall(r"in place of (\S+), on the held-out values", written.loss)
    assert float(exact) == pytest.approx(of_set.manifest.score.mse[0], rel=1e-3)
