"""The browser's cell against the numpy reference, the engines and the equations."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

import seqzoo
from seqzoo._arrays import with_channel
from seqzoo.bundles import store
from seqzoo.bundles.manifest import Manifest
from seqzoo.data.scaling import KINDS, Scaling
from seqzoo.runtime.engines.numpy import CELLS, NumpyEngine

RECURRENT = sorted(path.name for path in store.SHIPPED.iterdir() if path.name.partition(".")[0] in CELLS)
Array = NDArray[np.float64]

ASK = """async ({data, architecture, windows, changes}) => {
  const {parseSafetensors, makeCell, forward, derivative, contributions} = await import("/microscope/js/cell.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const cell = makeCell(architecture, parseSafetensors(bytes.buffer));
  return windows.map((window) => {
    const trace = forward(cell, window, changes);
    if (windows.length > 1) return {forecast: [...trace.forecast]};
    const steps = Object.fromEntries(Object.entries(trace.steps).map(([name, values]) => [name, [...values]]));
    return {steps, forecast: [...trace.forecast], derivative: [...derivative(cell, trace)],
            contributions: [...contributions(cell, trace)]};
  });
}"""


@pytest.fixture
def ask(kept: Page, weights: Callable[[str], str]) -> Callable[..., list[dict[str, Any]]]:
    """What the browser computes for windows [B, L] of a bundle; of more than one, the forecasts alone."""

    def run(name: str, windows: Array, **changes: Any) -> list[dict[str, Any]]:
        given = {"data": weights(name), "architecture": name.partition(".")[0], "windows": windows.tolist()}
        found: list[dict[str, Any]] = kept.evaluate(ASK, {**given, "changes": changes})
        return found

    return run


def golden(name: str) -> tuple[Array, Array]:
    tensors = parse((store.SHIPPED / name / store.GOLDEN).read_bytes())
    return tensors["context"][:, :, 0].astype(float), tensors["forecast"]


def window(length: int = 20) -> Array:
    return np.sin(0.3 * np.arange(length)) + 0.1 * np.cos(5.0 * np.arange(length))


@pytest.mark.parametrize("name", RECURRENT)
def test_browser_numpy_and_served_engine_agree_on_the_golden_tensors(name, ask):
    context, expected = golden(name)
    seen = np.array([answer["forecast"] for answer in ask(name, context)])
    predictor = seqzoo.load(name)
    assert np.abs(seen - expected).max() <= 1e-5
    assert np.abs(seen - predictor.trace(context[:, :, None]).forecast).max() <= 1e-12
    assert np.abs(seen - seqzoo.load(name, "onnx").predict(context[:, :, None])).max() <= 1e-5


@pytest.mark.parametrize("name", ["lstm.sine", "gru.sine", "rnn.sine"])
def test_every_gate_and_state_is_that_of_the_numpy_reference(name, ask):
    trace = seqzoo.load(name).trace(window().astype(np.float32))
    (seen,) = ask(name, trace.context)
    assert set(seen["steps"]) == set(trace.steps)
    for gate, values in trace.steps.items():
        assert np.abs(np.reshape(seen["steps"][gate], values[0].shape) - values[0]).max() < 1e-12


def equations(name: str, windows: Array, freeze: dict[str, tuple[Any, float]], ablate: list[int]) -> Array:
    """The forecasts [B] of the recurrence once more, with gates held (at units, to a value) and units silenced."""
    tensors = parse((store.SHIPPED / name / store.WEIGHTS).read_bytes())
    of = {key.partition(".")[2]: tensor.astype(float) for key, tensor in tensors.items()}
    h = c = np.zeros((len(windows), of["weight_hh_l0"].shape[1]))

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    def hold(gate: str, found: Array) -> Array:
        if gate in freeze:
            units, value = freeze[gate]
            found[:, units] = value
        return found

    for x in windows.T[:, :, None]:
        from_x = x * of["weight_ih_l0"][:, 0] + of["bias_ih_l0"]
        from_h = h @ of["weight_hh_l0"].T + of["bias_hh_l0"]
        if name.startswith("lstm"):
            i, f, g, o = np.split(from_x + from_h, 4, axis=1)
            c = hold("f", sigmoid(f)) * c + hold("i", sigmoid(i)) * hold("g", np.tanh(g))
            h = hold("o", sigmoid(o)) * np.tanh(c)
        elif name.startswith("gru"):
            (xr, xz, xn), (hr, hz, hn) = np.split(from_x, 3, axis=1), np.split(from_h, 3, axis=1)
            r, z = hold("r", sigmoid(xr + hr)), hold("z", sigmoid(xz + hz))
            h = (1 - z) * hold("n", np.tanh(xn + r * hn)) + z * h
        else:
            h = np.tanh(from_x + from_h)
        h[:, ablate] = 0.0
    return (h @ of["weight"].T + of["bias"])[:, 0]


ALL = slice(None)
INTERVENTIONS = [
    ("lstm.sine", {"f": (ALL, 1.0)}, []),
    ("lstm.sine", {"f": (ALL, 0.0), "i": (7, 1.0)}, [3]),
    ("lstm.sine", {"o": (ALL, 1.0), "g": (5, 0.0)}, [0, 63]),
    ("gru.sine", {"z": (ALL, 0.0)}, []),
    ("gru.sine", {"r": (ALL, 1.0), "n": (11, 0.5)}, [2]),
    ("gru.sine", {"z": (4, 1.0)}, []),
    ("rnn.sine", {}, [10, 20]),
]


def as_changes(freeze: dict[str, tuple[Any, float]], ablate: list[int]) -> dict[str, Any]:
    held = [{"gate": gate, "unit": None if at is ALL else at, "value": value} for gate, (at, value) in freeze.items()]
    return {"freeze": held, "ablate": ablate}


UNTOUCHED = [("lstm.sine", {}, []), ("gru.recall", {}, [])]


@pytest.mark.parametrize(("name", "freeze", "ablate"), [*INTERVENTIONS, *UNTOUCHED])
def test_an_intervention_gives_the_forecast_and_the_derivative_of_the_equations(name, freeze, ablate, ask):
    (seen,) = ask(name, window()[None], **as_changes(freeze, ablate))
    assert np.abs(seen["forecast"] - equations(name, window()[None], freeze, ablate)).max() < 1e-12
    if freeze or ablate:
        assert np.abs(seen["forecast"] - equations(name, window()[None], {}, [])).max() > 1e-6
    moved = 1e-6 * np.eye(20)
    up, down = (equations(name, window() + move, freeze, ablate) for move in (moved, -moved))
    assert seen["derivative"] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-7)


ON_CORE = """async ({data, architecture, channels, cases}) => {
  const {parseSafetensors, makeCell, forward, derivative, lastStates} = await import("/microscope/js/cell.js");
  const {coreOfPage} = await import("/microscope/js/core.js");
  const core = await coreOfPage(async () => (await fetch("/microscope/js/core.wasm")).arrayBuffer());
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const tensors = parseSafetensors(bytes.buffer);
  const [plain, fast] = [null, core].map((one) => makeCell(architecture, tensors, channels, one));
  const apart = (a, b) => Math.max(...Array.from(a, (value, n) => Math.abs(value - b[n])));
  return cases.map(({window, changes, known}) => {
    const [one, other] = [plain, fast].map((cell) => forward(cell, window, changes, known ?? []));
    forward(fast, window.map((value) => -value), changes, known ?? []); // the derivative is not of the last window
    const [slopes, others] = [derivative(plain, one), derivative(fast, other)];
    const last = known ? null : lastStates(fast, Array(9).fill(window), changes);
    const K = plain.size;
    return {on: Boolean(other.run), forecast: apart(one.forecast, other.forecast),
            steps: Math.max(...plain.names.map((name) => apart(one.steps[name], other.steps[name]))),
            derivative: apart(slopes, others) / Math.max(1, ...slopes.map(Math.abs)),
            last: last && apart(one.steps.h.slice(-K), last.slice(-K))};
  });
}"""


def test_the_compiled_core_computes_what_the_module_does_for_every_intervention(kept, weights):
    backwards = {"order": list(range(19, -1, -1))}
    for name in ("lstm.sine", "gru.sine", "rnn.sine", "lstm.recall-k4"):
        changes = [as_changes(freeze, ablate) for of, freeze, ablate in INTERVENTIONS if of == name]
        cases = [{"window": window().tolist(), "changes": change} for change in [{}, backwards, *changes]]
        given = {"data": weights(name), "architecture": name.partition(".")[0], "channels": 1, "cases": cases}
        for case, apart in zip(cases, kept.evaluate(ON_CORE, given), strict=True):
            # With a gate held, small differences can grow from step to step: float32 is not enough for more digits.
            most = 2e-3 if case["changes"].get("freeze") else 1e-5
            assert apart.pop("on") and max(apart.values()) < most, (name, case["changes"], apart)


def test_a_cell_that_is_given_other_weights_forecasts_by_them(kept, weights):
    """As a film does at every frame; and a shape that the core refuses leaves no run to go back through."""
    code = """async ([first, second, window]) => {
      const {parseSafetensors, makeCell, forward} = await import("/microscope/js/cell.js");
      const {coreOfPage} = await import("/microscope/js/core.js");
      const core = await coreOfPage(async () => (await fetch("/microscope/js/core.wasm")).arrayBuffer());
      const made = (data, core) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        return makeCell("lstm", parseSafetensors(bytes.buffer), 1, core);
      };
      const cell = made(first, core);
      forward(cell, window);
      Object.assign(cell, made(second, core));
      const trace = forward(cell, window);
      const refused = core.forward({architecture: "lstm", D: 1, K: 300, H: 1}, [], new Float32Array(3), 3);
      const alone = forward(made(second, null), window);
      return [trace.forecast[0], alone.forecast[0], refused, core.backward(trace.run, [1])];
    }"""
    given = [weights("lstm.sine"), weights("lstm.sine_any"), window().tolist()]
    after, alone, refused, back = kept.evaluate(code, given)
    assert after == pytest.approx(alone, abs=1e-5) and refused is back is None


def test_what_the_core_cannot_do_the_module_does(page, weights):
    beyond = {"freeze": [{"gate": "i", "unit": 3, "value": 1.5}]}  # no bias gives this value of a sigmoid
    given = {"data": weights("lstm.sine"), "architecture": "lstm", "channels": 1}
    case = {"window": window().tolist(), "changes": beyond, "known": []}
    (seen,) = page.evaluate(ON_CORE, {**given, "cases": [case]})
    assert seen == {"on": False, "forecast": 0, "steps": 0, "derivative": 0, "last": None}
    absent = "async () => (await import('/microscope/js/core.js')).coreOfPage(async () => new ArrayBuffer(8))"
    page.reload()
    assert page.evaluate(absent) is None


def test_steps_read_in_another_order_keep_their_derivatives_with_their_values(ask):
    backwards = list(range(19, -1, -1))
    (seen,) = ask("lstm.sine", window()[None], order=backwards)
    (plain,) = ask("lstm.sine", window()[None, ::-1])
    assert seen["forecast"] == plain["forecast"]
    assert seen["derivative"] == plain["derivative"][::-1]


@pytest.mark.parametrize("name", ["lstm.sine", "gru.sine", "rnn.sine"])
def test_contributions_and_the_bias_add_up_to_the_forecast(name, ask):
    (seen,) = ask(name, window()[None])
    bias = parse((store.SHIPPED / name / store.WEIGHTS).read_bytes())["head.bias"].item()
    assert sum(seen["contributions"]) + bias == pytest.approx(seen["forecast"][0], abs=1e-12)


def test_principal_components_are_those_of_a_singular_value_decomposition(kept):
    rng = np.random.default_rng(3)
    points = rng.normal(size=(20, 6)) * [3.0, 2.0, 1.0, 0.5, 0.3, 0.1]
    code = """async (points) => {
      const {principal, project} = await import("/microscope/js/cell.js");
      const found = principal(points.flat(), 6);
      return {axes: found.axes.map((axis) => [...axis]), shares: found.shares, plane: project(found, points.flat())};
    }"""
    seen = kept.evaluate(code, points.tolist())
    centred = points - points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(np.abs(np.sum(np.array(seen["axes"]) * axes[:2], axis=1)) - 1).max() < 1e-9
    assert np.allclose(seen["shares"], (sizes**2 / np.sum(sizes**2))[:2], atol=1e-9)
    assert np.allclose(np.abs(seen["plane"]), np.abs(centred @ axes[:2].T), atol=1e-6)


def test_points_that_are_all_alike_have_no_components_and_no_nan(kept):
    code = """async () => {
      const {principal, project} = await import("/microscope/js/cell.js");
      const found = principal(new Float64Array(12).fill(0.25), 4);
      return [found.shares, project(found, new Float64Array(12).fill(0.25))];
    }"""
    shares, plane = kept.evaluate(code)
    assert shares == [0, 0] and np.array(plane) == pytest.approx(np.zeros((3, 2)))


def test_damaged_weights_are_refused_in_one_sentence(kept, weights):
    code = """async ([data, keep]) => {
      const {parseSafetensors} = await import("/microscope/js/cell.js");
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      try { parseSafetensors(bytes.slice(0, keep ?? undefined)); return ""; } catch (error) { return error.message; }
    }"""
    data = weights("lstm.sine")
    told = [kept.evaluate(code, [data, keep]) for keep in (4, 40, -8)]
    assert all(told) and len(set(told)) == 3 and not any("\n" in sentence for sentence in told), told
    assert kept.evaluate(code, [data, None]) == ""


def test_the_weights_of_another_architecture_are_refused(kept, weights):
    code = """async (data) => {
      const {parseSafetensors, makeCell} = await import("/microscope/js/cell.js");
      const tensors = parseSafetensors(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
      try { makeCell("gru", tensors); return "no error"; } catch (error) { return error.message; }
    }"""
    assert "lack" in kept.evaluate(code, weights("lstm.sine"))


IN_UNITS = """async ({data, architecture, scale, windows}) => {
  const {parseSafetensors, makeCell, forward, derivative} = await import("/microscope/js/cell.js");
  const {frameOf, enter, leave, through} = await import("/microscope/js/scaling.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const cell = makeCell(architecture, parseSafetensors(bytes.buffer));
  return windows.map((window) => {
    const frame = frameOf(scale, window);
    const trace = forward(cell, enter(frame, window));
    return {forecast: leave(frame, trace.forecast[0]), read: trace.window,
            derivative: [...through(frame, derivative(cell, trace), trace.window, trace.forecast[0])],
            later: leave(frame, trace.forecast[0], 9)};
  });
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_and_derivatives_in_units_of_the_series_are_those_of_the_scaling(kind, kept, weights):
    scaling = Scaling(50.0, 4.0, kind, 7 if kind == "season" else 1)
    engine = NumpyEngine(
        store.open_bundle(store.SHIPPED / "lstm.sine").read(store.WEIGHTS), manifest_with("lstm.sine", scaling)
    )
    windows = 50 + 4 * np.stack([window(), 3 * window() + 7, np.full(20, 0.25)])
    seen = kept.evaluate(
        IN_UNITS,
        {"data": weights("lstm.sine"), "architecture": "lstm", "scale": scaling.numbers, "windows": windows.tolist()},
    )
    expected = engine.run(with_channel(windows))
    np.testing.assert_allclose([one["forecast"] for one in seen], expected[:, 0], rtol=0, atol=2e-5)
    np.testing.assert_allclose([one["read"] for one in seen], scaling.frame(windows).enter(windows), atol=1e-12)
    for one, at in zip(seen[:2], windows[:2], strict=True):  # a constant window has a kink
        moved = 1e-3 * np.eye(20)
        up, down = (exact(engine, scaling, at + move) for move in (moved, -moved))
        np.testing.assert_allclose(one["derivative"], (up - down) / 2e-3, rtol=1e-4, atol=1e-6)
    if kind == "season":  # nine steps later, from the third value of the last season in place of the first
        apart = [one["later"] - one["forecast"] for one in seen]
        np.testing.assert_allclose(apart, windows[:, 15] - windows[:, 13], atol=1e-9)
    if kind != "series":  # a forecast that moves with its window
        np.testing.assert_allclose([sum(one["derivative"]) for one in seen], 1, atol=1e-9)


def manifest_with(name: str, scaling: Scaling) -> Manifest:
    manifest = store.open_bundle(store.SHIPPED / name).manifest
    return msgspec.structs.replace(manifest, contract=msgspec.structs.replace(manifest.contract, scaling=scaling))


def exact(engine: NumpyEngine, scaling: Scaling, windows: Array) -> Array:
    """The forecasts [B] in float64 throughout: differences of float32 are too coarse."""
    frame = scaling.frame(windows)
    return frame.leave(engine._trace(with_channel(frame.enter(windows))).forecast)[:, 0]


OF_CHANNELS = """async ({data, architecture, windows, known, order}) => {
  const {parseSafetensors, makeCell, forward, derivative} = await import("/microscope/js/cell.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const cell = makeCell(architecture, parseSafetensors(bytes.buffer), 3);
  return windows.map((window, n) => {
    const trace = forward(cell, window, {order: order ?? undefined}, known[n]);
    return {h: [...trace.steps.h], forecast: [...trace.forecast], derivative: [...derivative(cell, trace)]};
  });
}"""


@pytest.mark.parametrize("architecture", ["lstm", "gru", "rnn"])
def test_channels_beside_the_value_are_read_as_by_the_numpy_reference(architecture, kept):
    rng = np.random.default_rng(4)
    old = store.open_bundle(store.SHIPPED / f"{architecture}.sine")
    tensors = parse(old.read(store.WEIGHTS))
    wide = f"{architecture}.weight_ih_l0"
    tensors[wide] = rng.normal(size=(len(tensors[wide]), 3)).astype(np.float32)
    contract = msgspec.structs.replace(old.manifest.contract, channels=3, names=("value", "hour_sin", "hour_cos"))
    count = sum(tensor.size for tensor in tensors.values())
    manifest = msgspec.structs.replace(old.manifest, contract=contract, parameters=count)
    engine = NumpyEngine(serialise(tensors), manifest)
    batch = rng.normal(size=(2, 20, 3))
    given = {
        "data": base64.b64encode(serialise(tensors)).decode(), "architecture": architecture,
        "windows": batch[:, :, 0].tolist(), "known": batch[:, :, 1:].tolist(), "order": None,
    }  # fmt: skip
    seen, trace = kept.evaluate(OF_CHANNELS, given), engine._trace(batch)
    np.testing.assert_allclose([one["forecast"] for one in seen], trace.forecast, atol=1e-12)
    np.testing.assert_allclose(np.reshape([one["h"] for one in seen], trace["h"].shape), trace["h"], atol=1e-12)
    moved = 1e-6 * np.eye(20)[:, :, None] * [1, 0, 0]
    slope = (engine._trace(batch[0] + moved).forecast - engine._trace(batch[0] - moved).forecast)[:, 0] / 2e-6
    np.testing.assert_allclose(seen[0]["derivative"], slope, rtol=1e-4, atol=1e-7)
    order = list(range(19, -1, -1))
    cases = [
        {"window": of_value, "known": known, "changes": {"order": order}}
        for of_value, known in zip(given["windows"], given["known"], strict=True)
    ]
    for apart in kept.evaluate(ON_CORE, {**given, "channels": 3, "cases": cases}):
        assert apart["on"] and max(apart["forecast"], apart["steps"], apart["derivative"]) < 1e-4, apart
    backwards = kept.evaluate(OF_CHANNELS, given | {"order": order})
    np.testing.assert_allclose(
        [one["forecast"] for one in backwards], engine._trace(batch[:, ::-1]).forecast, atol=1e-12
    )
