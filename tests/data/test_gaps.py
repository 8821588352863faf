"""A series that gaps divide: windows counted by hand, the split, scaling, calibration, rivals, the manifest."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from seqzoo.data import gaps
from seqzoo.data.finding import among
from seqzoo.data.measured import told_of_ends
from seqzoo.data.scaling import Scaling
from seqzoo.data.series import Series, in_memory
from seqzoo.errors import InputError
from seqzoo.evaluation.accuracy import absolute_scale
from seqzoo.evaluation.holdout_intervals import calibration_errors
from seqzoo.forecasters.linear import RidgeAutoregression
from seqzoo.publishing.reproduce import overwritten_after
from seqzoo.signals import Observed
from seqzoo.training.on_series import choose_context_length
from seqzoo.training.sources import Finite, sampler_of
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo._recipes import Recipe

L, H = 4, 2
# 30 values in parts of 10, 3 and 17, with gaps of 5 and 2; the last fifth of the values, 6, begins at position 31.
VALUES = np.concatenate([np.arange(10.0), np.full(5, np.nan), 20 + np.arange(3.0), np.full(2, np.nan),
                         40 + np.arange(17.0) ** 1.5])  # fmt: skip


def source(values: np.ndarray = VALUES) -> Observed:
    with in_memory(Series("meter", values)):
        return Observed.of(Series("meter", values), divided=True)


def test_windows_of_a_series_with_two_gaps_are_those_counted_by_hand() -> None:
    observed = source()
    assert observed.gaps == ((10, 5), (18, 2)) and (observed.length, observed.cutoff) == (37, 31)
    # Before position 31 lie 24 values, of which the last 4 choose the weights: from position 27 on.
    counts = observed.account(L, H)
    assert counts.parts == (10, 3, 17) and (counts.missing, counts.unused) == (7, 3)  # 3 are too few for a window
    # To train on: begins 0 to 4, and 20 and 21. To choose by: targets from 27, to 31. Held out: from 31 to 37.
    assert (counts.training, counts.choosing, counts.held_out) == (5 + 2, 3, 5)
    assert str(counts._replace(training=1, missing=1)).count(" 1 window to train on") == 1
    assert "; 1 value missing, 3 left out" in str(counts._replace(missing=1))
    ends = Series("meter", np.r_[np.nan, VALUES])
    assert told_of_ends(ends, ends.trimmed()) == "1 missing value at its ends is cut off."
    assert "3 unbroken parts (10, 3, 17 values): 7 windows" in str(counts) and "3 left out" in str(counts)


def test_the_training_reads_these_windows_and_scales_by_the_values_of_every_part() -> None:
    series = Series("meter", np.concatenate([VALUES, 110 + np.arange(20.0)]))  # enough held-out windows for a score
    with in_memory(series):
        observed = Observed.of(series, divided=True)
        spec = TrainingSpec("linear", {"context_length": L, "horizon": H}, observed, Recipe(batch_size=3))
        sampler, past = sampler_of(spec), observed.past()
        assert isinstance(sampler, Finite)
        assert spec.scaling == Scaling.fit(past[~np.isnan(past)])
        counts = observed.account(L, H)
        assert sampler.places is not None and len(sampler.places) == counts.training
        assert len(sampler.held_out.context) == counts.choosing
        batches = sampler.batches(0)
        seen = [next(batches) for _ in range(-(-counts.training // 3))]
        assert all(np.isfinite(part).all() for batch in [*seen, sampler.held_out] for part in batch)
        read = np.sort(np.concatenate([batch.context[:, 0] for batch in seen]))
        inner = gaps.default_cutoff_of(past)
        begins = [at for at in range(inner - L - H + 1) if not np.isnan(past[at : at + L + H]).any()]
        assert read == pytest.approx(spec.scaling.standardise(past[begins]))
        garbage = overwritten_after(observed)
        assert np.array_equal(np.isnan(garbage.values), np.isnan(series.values))
        assert np.array_equal(garbage.values[: observed.cutoff], past, equal_nan=True)


def test_calibration_rivals_the_context_and_mase_do_not_cross_a_gap() -> None:
    past = VALUES[:31]
    seen: list[np.ndarray] = []

    def last(windows: np.ndarray) -> np.ndarray:
        seen.append(windows[:, :, 0])
        return np.repeat(windows[:, -1], H, axis=1)

    errors = calibration_errors(last, past, L, H)  # targets from 27 on: every error of one and of two steps
    expected = [[abs(past[at] - past[at - 1]), abs(past[at] - past[at - 2])] for at in range(27, 31)]
    assert errors == pytest.approx(np.array(expected)) and np.isfinite(np.concatenate(seen)).all()
    fitted = RidgeAutoregression(L).fit(past, 1)
    assert np.isfinite(fitted(past[-L:])).all()
    with pytest.raises(InputError, match="needs 5 windows without a missing value, got 3"):
        RidgeAutoregression(14).fit(np.concatenate([np.full(1, 1.0), [np.nan], np.arange(19.0)])[:20], 2)
    long = np.concatenate([np.arange(3.0), np.full(70, np.nan), 100 + 2 * np.arange(80.0)])
    assert absolute_scale(long, 1) == pytest.approx((2 * 1 + 79 * 2) / 81)
    assert absolute_scale(long, 72) == pytest.approx(144)  # a season after the first part lies another
    assert choose_context_length(np.tile(VALUES, 4), 1, held_out=VALUES) == 8


def test_a_series_without_gaps_has_the_bytes_it_had_and_one_of_an_earlier_version_is_found() -> None:
    whole = Series("meter", np.arange(20.0))
    with in_memory(whole):
        observed = Observed.of(whole)
    assert set(msgspec.to_builtins(observed)) == {"kind", "name", "sha256", "length", "cutoff", "season"}
    assert msgspec.json.decode(msgspec.json.encode(source()), type=Observed) == source()
    divided = Series("meter", np.concatenate([[np.nan], VALUES]))
    assert Series("meter", VALUES).sha256 == source().sha256 == divided.trimmed().sha256
    earlier = Series("meter", VALUES[20:])  # which kept only the last part
    form = among([divided], earlier.sha256)
    assert form is not None and form.sha256 == earlier.sha256
    with pytest.raises(InputError, match="missing values, and training needs every value"):
        Observed.of(Series("meter", VALUES))
    for wrong in (((0, 2),), ((5, 2), (6, 3)), ((5, 2), (7, 3)), ((30, 7),), ()):
        with pytest.raises(InputError, match="gap"):
            msgspec.structs.replace(source(), gaps=wrong)
