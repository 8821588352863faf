"""The equations of the feed-forward models: equal to what is served, and what they show of the inside."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

import seqzoo
from seqzoo.bundles.store import SHIPPED, WEIGHTS, Bundle, open_bundle
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError, IntegrityError
from seqzoo.microscope.feedforward import FeedForward
from seqzoo.runtime.feedforward import gramian
from seqzoo.signals import make

NAMES = ["linear.sine", "mlp.sine", "mlp.sine_any", "mlp.recall", "tcn.sine", "transformer.sine", "gaf_cnn.sine"]


def inside(name: str) -> FeedForward:
    return FeedForward(open_bundle(SHIPPED / name))


def windows_of(name: str, count: int = 5) -> np.ndarray:
    return make(name.split(".")[1]).draw(count, 20, 1, np.random.default_rng(3)).context


@pytest.mark.parametrize("name", NAMES)
def test_the_equations_forecast_what_the_served_model_does(name):
    windows = windows_of(name)
    served = seqzoo.load(name, "onnx").predict(windows[:, :, None].astype(np.float32))
    np.testing.assert_allclose(inside(name).forecast(windows), served, atol=3e-6)


def test_what_each_step_of_a_transformer_reads_sums_to_one_and_lies_in_the_past():
    attention = inside("transformer.sine").run(windows_of("transformer.sine")).attention
    assert [block.shape for block in attention] == [(5, 4, 20, 20)] * 2
    for block in attention:
        np.testing.assert_allclose(block.sum(axis=3), 1, atol=1e-12)
        assert (block >= 0).all() and not np.triu(block, 1).any()


@pytest.mark.parametrize(("name", "units"), [("mlp.sine", 120), ("tcn.sine", 43), ("gaf_cnn.sine", 16),
                                             ("transformer.sine", 8), ("linear.sine", 0)])  # fmt: skip
def test_each_unit_can_be_switched_off_and_its_worth_is_what_that_changes(name, units):
    model, windows = inside(name), windows_of(name, 2)
    assert model.units == units
    worth = model.worth(windows, range(units))
    assert worth.shape == (units,)
    for unit in range(0, units, 7):
        without = model.forecast(windows, frozenset([unit])) - model.forecast(windows)
        assert worth[unit] == pytest.approx(np.sqrt(np.mean(without**2)))
    assert not units or worth.max() > 0.01


def test_with_every_unit_off_the_window_no_longer_matters():
    for name in ("mlp.sine", "tcn.sine", "gaf_cnn.sine"):
        model = inside(name)
        said = model.forecast(windows_of(name), frozenset(range(model.units)))
        assert np.ptp(said) < 1e-12


def test_a_scaling_scales_what_goes_in_and_what_comes_out():
    real, windows = open_bundle(SHIPPED / "mlp.sine"), windows_of("mlp.sine")
    for scaling in (Scaling(3.0, 10.0), Scaling(3.0, 10.0, "window"), Scaling(3.0, 10.0, "season", 7)):
        contract = replace(real.manifest.contract, scaling=scaling)
        scaled = FeedForward(Bundle(real.path, replace(real.manifest, contract=contract), real.raw_manifest))
        level, spread = 3.0, 10.0
        if scaling.kind != "series":
            level, spread = (10 * windows + 3).mean(axis=1)[:, None], 10 * windows.std(axis=1)[:, None]
        read = (10 * windows + 3 - level) / spread
        base = (10 * windows + 3)[:, [-7]] if scaling.kind == "season" else level
        expected = spread * inside("mlp.sine").forecast(read) + base
        np.testing.assert_allclose(scaled.forecast(10 * windows + 3), expected)


def test_the_picture_of_a_window_is_the_cosine_of_sums_and_the_sine_of_differences():
    window = np.array([[0.3, -1.2, 0.9]])
    angle = np.arccos(window[0] / 1.5)
    picture = gramian(window)[0]
    assert picture[0, 1, 2] == pytest.approx(np.cos(angle[1] + angle[2]))
    assert picture[1, 1, 2] == pytest.approx(np.sin(angle[1] - angle[2]))
    assert np.isfinite(gramian(np.array([[99.0, -99.0]]))).all()


def test_a_recurrent_model_has_no_equations_here():
    with pytest.raises(InputError, match="'lstm' is not one of linear, mlp"):
        inside("lstm.sine")


class Swapped(Bundle):
    """A bundle whose weights are those of another model."""

    def read(self, name: str) -> bytes:
        assert name == WEIGHTS
        return (SHIPPED / "tcn.sine" / WEIGHTS).read_bytes()


def test_weights_of_another_architecture_are_refused():
    real = open_bundle(SHIPPED / "mlp.sine")
    facts = replace(real.manifest, parameters=open_bundle(SHIPPED / "tcn.sine").manifest.parameters)
    with pytest.raises(IntegrityError, match="are not those of a mlp"):
        FeedForward(Swapped(real.path, facts, real.raw_manifest))


@pytest.mark.parametrize("heads", [0, 3, 10**12, "many", None])
def test_a_number_of_heads_that_cannot_be_is_refused(heads):
    real = open_bundle(SHIPPED / "transformer.sine")
    with pytest.raises(IntegrityError, match="are not those of a transformer"):
        FeedForward(Bundle(real.path, replace(real.manifest, config={"heads": heads}), real.raw_manifest))
