"""Windows and pictures out of order: the reordering, the runs, and what is concluded from them."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
import torch

from seqzoo.arena.experiments.order import TimeAgainstPicture, conclusions, digits, reordering, report
from seqzoo.arena.experiments.order.cases import (
    CONDITIONS,
    FULL,
    QUICK,
    OrderCase,
    OrderOutcome,
    OrderResults,
    cases,
)  # fmt: skip
from seqzoo.arena.running import run
from seqzoo.errors import InputError, MissingExtraError, SeqzooError
from seqzoo.evaluation import plots
from seqzoo.execution.local import Local
from seqzoo.training.loop import train
from seqzoo.zoo import _registry
from support import arena_work
from support.in_process import Here

pytestmark = pytest.mark.usefixtures("forked_places")
TINY = msgspec.structs.replace(QUICK, steps=dict.fromkeys(QUICK.steps, 2), epochs=1, windows=200)


class Tiny(TimeAgainstPicture):
    """These cases only; a test has no use for settings."""

    def __init__(self, wanted):
        self.wanted = wanted

    def cases(self, settings):
        return self.wanted


class TinySettings:
    def lengths(self):
        return TINY


def ran(wanted, folder, place=None, **options):
    return run(Tiny(wanted), TinySettings(), folder, place=place or Local(1), **options)[0]


@pytest.fixture
def windows():
    return torch.randn(50, 20, generator=torch.Generator().manual_seed(1))


def test_a_permuted_module_is_the_module_on_permuted_windows(windows):
    entry = _registry.entry("gru.sine")
    torch.manual_seed(7)
    inner = entry.architecture.module(entry.config)
    wrapped = reordering.Reordered(inner, "permuted", seed=3)
    by_hand = windows.numpy()[:, np.random.default_rng(3).permutation(20)]
    forecast = wrapped(windows[:, :, None])
    torch.testing.assert_close(forecast, inner(torch.from_numpy(by_hand)[:, :, None]))  # threads may round otherwise
    assert (forecast - inner(windows[:, :, None])).abs().max() > 1e-3


def test_intact_changes_nothing(windows):
    assert torch.equal(reordering.reorder(windows, "intact", 3), windows)


def test_a_permutation_is_one_and_the_same_for_every_row_and_another_for_another_seed(windows):
    moved = reordering.reorder(torch.arange(20.0).repeat(5, 1), "permuted", 3)
    assert torch.equal(moved, moved[:1].repeat(5, 1)) and sorted(moved[0].tolist()) == list(range(20))
    assert reordering.permutation(20, 3) != reordering.permutation(20, 4)


def test_a_shuffle_keeps_the_values_of_each_row_and_gives_each_row_an_order_of_its_own(windows):
    shuffled = reordering.reorder(windows, "shuffled", 3)
    assert torch.equal(shuffled.sort(dim=1).values, windows.sort(dim=1).values)
    orders = reordering.reorder(torch.arange(20.0).repeat(50, 1), "shuffled", 3)
    assert len({tuple(row.tolist()) for row in orders}) == 50


def test_a_shuffle_is_drawn_anew_at_each_call_and_puts_every_value_everywhere():
    torch.manual_seed(0)
    rows = torch.arange(4.0).repeat(4000, 1)
    first, second = (reordering.reorder(rows, "shuffled", 3) for _ in range(2))
    assert not torch.equal(first, second)
    for value in range(4):  # a quarter in each place, within 5 standard errors
        assert torch.all(((first == value).float().mean(dim=0) - 0.25).abs() < 5 * math.sqrt(0.1875 / 4000))


def test_a_reordered_run_trains_through_the_one_loop_and_keeps_its_seed(small_run):
    run = small_run("mlp.sine")
    first, second = (
        train(run, wrap=lambda inner: reordering.Reordered(inner, "shuffled", 0)).module for _ in range(2)
    )
    assert isinstance(first, reordering.Reordered)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("family", digits.MODELS)
def test_a_model_of_the_digits_maps_64_pixels_to_ten_classes_with_about_17k_parameters(family):
    model = digits.MODELS[family]()
    assert model(torch.zeros(3, 64)).shape == (3, 10)
    assert abs(sum(parameter.numel() for parameter in model.parameters()) - 17_000) < 350


def test_a_model_by_row_reads_rows_and_one_by_pixel_pixels():
    assert digits.MODELS["lstm by row"]().width == 8 and digits.MODELS["gru by pixel"]().width == 1


def test_the_digits_are_split_by_the_seed_and_no_picture_is_in_both_parts():
    pytest.importorskip("sklearn")
    first, again, other = digits.load(0), digits.load(0), digits.load(1)
    assert torch.equal(first.pixels, again.pixels) and not torch.equal(first.test_pixels, other.test_pixels)
    assert first.pixels.shape == (1297, 64) and first.test_pixels.shape == (500, 64)
    assert 0 <= first.pixels.min() and first.pixels.max() == 1
    train_set, test_set = ({tuple(row.tolist()) for row in part} for part in (first.pixels, first.test_pixels))
    assert not train_set & test_set


def test_a_run_on_digits_is_decided_by_its_seed_and_learns():
    once, again = (digits.train("mlp", "intact", seed=0, epochs=3) for _ in range(2))
    assert once == again
    assert once[0] < 0.3
    assert digits.train("mlp", "intact", seed=1, epochs=1) != digits.train("mlp", "intact", seed=2, epochs=1)


def test_a_shuffled_picture_tells_an_mlp_next_to_nothing():
    assert digits.train("mlp", "shuffled", seed=0, epochs=3)[0] > 0.7


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"\[arena\]"):
        digits.load(0)


def test_runs_are_saved_as_they_end_and_taken_up_where_they_were_left_by_another_process(tmp_path):
    wanted = [OrderCase("sine", "mlp", condition, 0, TINY) for condition in CONDITIONS]
    wanted.append(OrderCase("digits", "mlp", "permuted", 0, TINY))
    told = []
    first = ran(
        wanted, tmp_path, Here(), on_end=lambda ended: told.append(ended.case), should_stop=lambda: len(told) == 2
    )
    read = TimeAgainstPicture().read
    assert told == wanted[:2] and read(tmp_path) == first and len(first.runs) == 2
    finished = ran(wanted, tmp_path, on_end=lambda ended: told.append(ended.case))
    assert sorted(told[2:], key=wanted.index) == wanted[2:] and read(tmp_path) == finished
    assert all(finished.runs[key] == measured for key, measured in first.runs.items())
    measured_here = {case.key: TimeAgainstPicture().measure(case).error for case in wanted}
    assert {key: measured.error for key, measured in finished.runs.items()} == measured_here


def test_runs_of_other_lengths_are_not_mixed(tmp_path):
    Tiny([]).save(OrderResults(FULL), tmp_path)
    with pytest.raises(InputError, match="settings"):
        ran([], tmp_path)


def test_a_worker_that_dies_is_one_clear_error(tmp_path):
    with pytest.raises(SeqzooError, match=r"sine/mlp/intact/0.*status 1"):
        ran([OrderCase("sine", "mlp", "intact", 0, TINY)], tmp_path, measure=arena_work.dies)


def made_up(errors):
    """Results with the given errors by (data, family): three conditions by seeds."""
    runs = {
        OrderCase(data, family, condition, seed).key: OrderOutcome(value, 17_000, 1.0)
        for (data, family), rows in errors.items()
        for condition, row in zip(CONDITIONS, rows, strict=True)
        for seed, value in enumerate(row)
    }
    return OrderResults(FULL, runs)


MADE_UP = {
    ("digits", "cnn"): ([0.02, 0.022, 0.018], [0.05, 0.052, 0.049], [0.7, 0.72, 0.71]),
    ("digits", "mlp"): ([0.04, 0.05, 0.045], [0.045, 0.045, 0.044], [0.9, 0.91, 0.89]),
    ("sine", "lstm"): ([0.01, 0.011, 0.012], [0.0098, 0.012, 0.0115], [0.0105, 0.011, 0.0118]),
}


def test_a_ratio_is_paired_by_seed():
    results = made_up({("sine", "lstm"): ([0.01, 0.1, 1.0], [0.02, 0.2, 2.0], [0.01, 0.1, 1.0])})
    assert conclusions.ratio(results, "sine", "lstm", "permuted") == pytest.approx((2, 2, 2))
    as_they_ended = dict(sorted(results.runs.items(), key=lambda run: run[1].error))  # of processes, in any order
    as_they_ended["sine/lstm/permuted/0"] = as_they_ended.pop("sine/lstm/permuted/0")
    results = OrderResults(FULL, as_they_ended)
    assert conclusions.ratio(results, "sine", "lstm", "permuted") == pytest.approx((2, 2, 2))


def test_an_error_of_no_picture_does_not_divide_by_zero():
    results = made_up({("digits", "cnn"): ([0.0, 0.002], [0.01, 0.01], [0.9, 0.9])})
    assert all(math.isfinite(value) for value in conclusions.ratio(results, "digits", "cnn", "permuted"))


def test_the_conclusions_follow_the_numbers():
    claims = [line for line in report.markdown(made_up(MADE_UP)).splitlines() if line.startswith("- **")]
    names = ("cnn on digits", "mlp on digits", "lstm on the sine")
    assert [[name for name in names if name in claim] for claim in claims] == [
        ["cnn on digits"], ["mlp on digits"], ["lstm on the sine"], [], ["mlp on digits"],
    ]


def test_seeds_that_lack_a_condition_are_left_out():
    results = made_up(MADE_UP)
    del results.runs["digits/cnn/shuffled/1"]
    assert len(conclusions.errors(results, "digits", "cnn", "intact")) == 2
    assert ("digits", "cnn") in conclusions.compared(results) and ("sine", "gru") not in conclusions.compared(results)


def test_the_figure_has_a_panel_for_windows_and_one_for_pictures(tmp_path):
    figure = report.figure(made_up(MADE_UP))
    assert [axes.get_title().partition(":")[0] for axes in figure.axes] == ["windows of the sine", "digits"]
    plots.save(figure, tmp_path / "order.svg")


def test_the_best_multiple_of_the_mean_is_worse_than_the_best_linear_forecaster():
    known = conclusions.references()
    assert 0.1 < known["best linear"] < 0.15 < known["best multiple of the mean"]


@pytest.mark.parametrize("seeds", [-1, 0, 1, 101])
def test_fewer_seeds_than_an_interval_needs_are_refused(seeds):
    with pytest.raises(InputError, match=rf"seeds.*2 to 100.*{seeds}"):
        cases(seeds, FULL)
