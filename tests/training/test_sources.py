"""The windows a run learns from: fresh ones without end, or those that a budget shows."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from seqzoo import signals
from seqzoo.data.windows import Windows
from seqzoo.errors import InputError
from seqzoo.training.sources import Endless, Finite, sampler_of
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry


def sampler(
    family: str, points: int | None, length: int = 20, horizon: int = 1, *, batch: int = 8, seed: int = 0
) -> Endless | Finite:
    changes = {"recipe.points": points, "recipe.batch_size": batch, "config.context_length": length,
               "config.horizon": horizon}  # fmt: skip
    return sampler_of(TrainingSpec.of(_registry.entry(f"linear.{family}"), seed=seed, changes=changes))


def finite(family: str, points: int, length: int = 20, horizon: int = 1, **options: int) -> Finite:
    made = sampler(family, points, length, horizon, **options)
    assert isinstance(made, Finite)
    return made


def rows(windows: Windows) -> set[bytes]:
    return {np.concatenate(pair).tobytes() for pair in zip(*windows, strict=True)}


@pytest.mark.parametrize("family", sorted(signals.FAMILIES))
def test_endless_batches_are_fresh_and_depend_on_seed_and_number_alone(family):
    made = sampler(family, None, 6, 2, batch=4, seed=3)
    assert isinstance(made, Endless)
    whole = list(itertools.islice(made.batches(0), 5))
    assert all(context.shape == (4, 6) and target.shape == (4, 2) for context, target in whole)
    assert len(set().union(*map(rows, whole))) == 20
    for number in (0, 3):
        assert rows(next(made.batches(number))) == rows(whole[number])
    assert rows(next(made._replace(seed=4).batches(0))).isdisjoint(rows(whole[0]))


def test_an_epoch_shows_every_training_window_once_and_a_run_can_be_taken_up_within_it():
    made = finite("sine", 100, 10, 2, batch=16)
    count = len(made.training.context)
    per_epoch = -(-count // 16)
    batches = list(itertools.islice(made.batches(0), 2 * per_epoch))
    first, second = batches[:per_epoch], batches[per_epoch:]
    for epoch in (first, second):
        assert sum(len(batch.context) for batch in epoch) == count
        assert set().union(*map(rows, epoch)) == rows(made.training)
    assert rows(first[0]) != rows(second[0])
    for number in (1, per_epoch, per_epoch + 1):
        taken = next(made.batches(number))
        np.testing.assert_array_equal(taken.context, batches[number].context)
        np.testing.assert_array_equal(taken.target, batches[number].target)


@pytest.mark.parametrize("family", sorted(signals.FAMILIES))
@pytest.mark.parametrize(("length", "horizon"), [(20, 1), (10, 5), (3, 7)])
def test_no_target_is_in_both_parts(family, length, horizon):
    made = finite(family, 2000, length, horizon)
    learned, chosen = (set(part.target.ravel().tolist()) for part in (made.training, made.held_out))
    assert learned and chosen and learned.isdisjoint(chosen)
    # Held-out targets are never read in training either.
    assert set(made.training.context.ravel().tolist()).isdisjoint(chosen)


@pytest.mark.parametrize("family", ["sine", "two_tone", "square"])
def test_of_one_series_the_last_fifth_is_held_out(family):
    made = finite(family, 500)
    (series,) = signals.make(family).observed_series(500, 20, 1, seed=0)
    np.testing.assert_array_equal(made.held_out.target[:, 0], series[400:])
    np.testing.assert_array_equal(made.training.target[:, 0], series[20:400])


@pytest.mark.parametrize(("family", "points", "kept", "held"), [("recall", 420, 16, 4), ("sine_any", 2000, 8, 2)])
def test_of_several_series_the_last_fifth_of_them_is_held_out(family, points, kept, held):
    made = finite(family, points)
    seen = signals.make(family).observed_series(points, 20, 1, seed=0)
    windows = len(seen[0]) - 20
    assert len(seen) == kept + held
    assert (len(made.training.context), len(made.held_out.context)) == (kept * windows, held * windows)
    np.testing.assert_array_equal(made.held_out.target[-windows:, 0], seen[-1][20:])


@pytest.mark.parametrize("family", sorted(signals.FAMILIES))
def test_the_smallest_budget_in_the_message_works_and_one_less_does_not(family):
    for length, horizon in ((20, 1), (20, 50), (7, 3), (64, 1), (2, 1), (250, 10), (5, 40)):
        fewest = length + horizon
        try:
            finite(family, fewest, length, horizon)
        except InputError as error:
            (stated,) = re.findall(r"at least ([\d,]+)", str(error))
            fewest = int(stated.replace(",", ""))
        made = finite(family, fewest, length, horizon)
        assert len(made.training.context) >= 1 and len(made.held_out.context) >= 1
        with pytest.raises(InputError, match="budget"):
            finite(family, fewest - 1, length, horizon)
        for more in (fewest + 1, fewest + 7, 2 * fewest, 3 * fewest + 1):
            assert len(finite(family, more, length, horizon).held_out.context) >= 1


@pytest.mark.parametrize("points", [1, 20])
def test_a_budget_below_one_window_is_refused(points):
    with pytest.raises(InputError, match=r"budget.*20 \+ 1"):
        finite("recall", points)
