"""The model card: Hugging Face reads it, its figures are the manifest's, and the flagship's facts hold."""

from __future__ import annotations

import re
import warnings

import msgspec
import pytest
import torch
import yaml

from seqzoo.bundles import describe, shelf, store
from seqzoo.bundles.store import CARD, TORCHSCRIPT
from seqzoo.forecasters.table import label
from seqzoo.publishing import build, cards
from seqzoo.runtime import load
from seqzoo.signals import Simulated, Sine
from seqzoo.zoo import _registry

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it depends on
    from huggingface_hub import ModelCard

NAMES = sorted(path.name for path in store.SHIPPED.iterdir())


@pytest.fixture(params=NAMES)
def found(request) -> store.Bundle:
    return store.open_bundle(store.SHIPPED / request.param)


def test_hugging_face_reads_the_metadata_and_every_result(found):
    card, manifest = ModelCard(found.read(CARD).decode()), found.manifest
    data = card.data.to_dict()
    assert data["library_name"] == "seqzoo" and data["license"] == "apache-2.0"
    assert {"time-series", manifest.architecture} <= set(data["tags"])
    (entry,) = data["model-index"]
    assert entry["name"] == card.data.model_name == manifest.name
    results = {result.metric_type: result for result in card.data.eval_results}
    assert set(results) == {"mse", "excess", "skill"}
    for name, result in results.items():
        assert result.metric_value == pytest.approx(getattr(manifest.score, name)[0], rel=1e-3, abs=1e-4)
        assert result.dataset_name == describe.describe_signal(manifest)


def test_the_metadata_survive_a_round_trip_through_hugging_faces_writer(found):
    card = ModelCard(found.read(CARD).decode())
    again = ModelCard(f"---\n{card.data.to_yaml()}\n---\n{card.text}")
    assert again.data.to_dict() == card.data.to_dict()


@pytest.mark.parametrize(
    "word", ["load: hourly", 'a "b\' c', "load # 1", "- x", "{x", "no", "2026-01-01", "Strøm\n---\n", "word " * 40]
)
def test_no_name_breaks_the_metadata(word):
    found = store.open_bundle(shelf.find("lstm.sine"))
    source = Simulated(word, {"sigma": 0.1})
    manifest = msgspec.structs.replace(found.manifest, name=word, architecture=word, source=source)
    text = cards.render(manifest, _registry.entry("lstm.sine").card)
    front = text.removeprefix("---\n").partition("\n---\n")[0]
    for data in (yaml.safe_load(front), ModelCard(text).data.to_dict()):
        assert data["tags"] == ["time-series", word, "torchscript", "onnx", "education"]
        ((entry, (result,)),) = [(entry, entry["results"]) for entry in data["model-index"]]
        assert entry["name"] == word
        assert result["dataset"] == {"type": "synthetic", "name": f"{word} (sigma 0.1)"}


def test_a_small_error_is_a_number_in_the_metadata():
    found = store.open_bundle(shelf.find("lstm.sine"))
    score = msgspec.structs.replace(found.manifest.score, mse=(1e-9, 1e-10), excess=None, skill=None)
    text = cards.render(msgspec.structs.replace(found.manifest, score=score), _registry.entry("lstm.sine").card)
    (result,) = ModelCard(text).data.eval_results
    assert (result.metric_type, result.metric_value) == ("mse", 1e-9)


def test_the_figures_of_the_text_are_those_of_the_manifest(found):
    text, manifest = found.read(CARD).decode(), found.manifest
    score, training = manifest.score, manifest.training
    for figure in (
        f"{manifest.parameters:,} parameters",
        f"| **{manifest.name}** | **{score.mse[0]:.6f} ± {score.mse[1]:.6f}** |",
        f"Excess over Bayes **{score.excess[0]:.2%} ± {score.excess[1]:.2%}**",
        f"skill **{score.skill[0]:.4f} ± {score.skill[1]:.4f}**",
        f"On {score.windows:,} windows",
        f"Seed {training.seed}, {training.steps:,} updates, {training.windows_seen:,} windows",
        f"`{manifest.rebuild}`",
    ):
        assert figure in text
    for floor, mse in score.floors.items():
        assert f"| {label(floor)} | {mse:.6f} |" in text
    for name in store.REQUIRED:
        assert f"| `{name}` |" in text


def test_the_shipped_card_is_what_the_manifest_renders_to(found):
    entry = _registry.entry(found.manifest.name)
    assert found.read(CARD).decode() == cards.render(found.manifest, entry.card)


def test_other_figures_render_to_another_card(found):
    manifest = msgspec.structs.replace(found.manifest, parameters=123_456, name="other.sine")
    text = cards.render(manifest, _registry.entry(found.manifest.name).card)
    assert "123,456 parameters" in text and 'seqzoo.load("other.sine")' in text


def test_the_card_says_what_the_windows_of_training_came_from():
    found = store.open_bundle(shelf.find("lstm.sine"))
    card, training = _registry.entry("lstm.sine").card, found.manifest.training
    assert "every window of training a fresh realisation" in cards.render(found.manifest, card)
    finite = msgspec.structs.replace(training, recipe={**training.recipe, "points": 20_000})
    text = cards.render(msgspec.structs.replace(found.manifest, training=finite), card)
    assert "cut from 20,000 observed values" in text and "fresh realisation" not in text


def test_the_card_says_how_many_values_are_forecast_and_scored(found):
    text, horizon = found.read(CARD).decode(), found.manifest.contract.horizon
    assert ("Forecast of the next value\n" in text) is (horizon == 1)
    assert (f"Forecast of the next {horizon} values" in text) is (horizon > 1)
    assert (f"the mean over the {horizon} steps" in text) is (horizon > 1)


def test_a_signal_is_described_as_its_formula(found):
    for parameters, described in (
        ({"angular_frequency": 0.02, "amplitude": 1.0, "sigma": 0.1}, "sin(0.02 x) + noise, sigma 0.1"),
        ({"angular_frequency": 0.5, "amplitude": 2.5, "sigma": 0.0}, "2.5 sin(0.5 x) + noise, sigma 0"),
    ):
        manifest = msgspec.structs.replace(found.manifest, source=Simulated("sine", parameters))
        assert describe.describe_signal(manifest) == described


def test_the_flagship_is_one_lstm_layer_of_64_units_on_one_value_a_step_and_a_linear_layer_to_one():
    module = build.module_of(store.open_bundle(shelf.find("lstm.sine")))
    kinds = [type(layer).__name__ for layer in module.children()]
    assert kinds == ["LSTM", "Linear"]
    lstm, head = module.children()
    assert (lstm.input_size, lstm.hidden_size, lstm.num_layers, lstm.bidirectional) == (1, 64, 1, False)
    assert (head.in_features, head.out_features) == (64, 1)


def test_the_flagship_forecasts_from_its_last_hidden_state():
    module = build.module_of(store.open_bundle(shelf.find("lstm.sine")))
    lstm, head = module.children()
    context = torch.linspace(-1, 1, 20).reshape(1, 20, 1)
    with torch.no_grad():
        _, (hidden, _) = lstm(context)
        torch.testing.assert_close(module(context), head(hidden[-1]))


def test_the_flagship_maps_one_window_of_20_values_to_the_next_value():
    predictor = load("lstm.sine")
    window = Sine(sigma=0.0).series(21, seed=0).clean
    forecast = predictor.predict(window[:20].reshape(1, 20, 1))
    assert forecast.shape == (1, 1) and forecast.dtype.name == "float32"
    assert abs(float(forecast[0, 0]) - window[20]) < 0.05


def test_the_flagship_was_trained_on_sin_of_0_02_x_with_small_gaussian_noise():
    signal = store.open_bundle(shelf.find("lstm.sine")).manifest.source
    assert signal.family == "sine"
    assert signal.parameters == {"angular_frequency": 0.02, "amplitude": 1.0, "sigma": 0.1}


def test_the_flagship_runs_on_the_cpu_from_torchscript_and_is_loaded_when_first_used():
    predictor = load("lstm.sine")
    assert not predictor.is_loaded and predictor.engine == "torchscript"
    predictor.predict([0.0] * 20)
    assert predictor.is_loaded
    module = build.module_of(predictor.bundle)
    assert {parameter.device.type for parameter in module.parameters()} == {"cpu"}
    assert predictor.bundle.read(TORCHSCRIPT)[:2] == b"PK"


def test_the_flagships_card_states_every_fact_a_reader_needs():
    text = " ".join((store.SHIPPED / "lstm.sine" / CARD).read_text("utf-8").split())
    for fact in (
        "LSTM",
        "One LSTM layer (1 -> 64)",
        "last hidden state goes through one fully connected layer (64 -> 1)",
        "17,217 parameters",
        "20 consecutive values",
        "`(1, 20, 1)`",
        "`(1, 1)`",
        "the next value",
        "A continuous value, not a class or a probability",
        "sin(0.02 x) + noise",
        "Gaussian noise",
        "runs on the CPU",
        "TorchScript",
        "the model is loaded at the first prediction",
        "recurrent with feed-forward",
        "temporal with image-based",
        "single step",
        "one synthetic signal",
        "not meant for real series",
    ):
        assert re.search(re.escape(fact), text), fact
