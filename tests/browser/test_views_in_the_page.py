"""What the views Predict and Roll out state: judged windows, axes, pasted values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from playwright.sync_api import Page

import seqzoo
from seqzoo.pages import predict

SCRIPT = """async ({ ranges, texts, words, facts, windows }) => {
  const { inDecimals, inDigits, scaleOf, typeset } = await import("/pages/js/chart.js");
  const { pasted } = await import("/pages/js/controls.js");
  const { subjectOf } = await import("/pages/js/subject.js");
  const { fetched } = await import("/microscope/hosts/fetched.js");
  const told = (act) => { try { return act(); } catch (error) { return error.message; } };
  return {
    subjects: await Promise.all(windows.map(async (window) => {
      const asked = { ...facts, view: window && { pasted: window.join("_") } };
      const forecast = async (values, steps) => Array(steps).fill(values.at(-1));
      const host = { get: (name) => asked[name], forecast };
      const subject = await subjectOf(host);
      const { model, bayes } = subject.forecasts();
      return { note: subject.outside()?.note ?? "", standing: subject.standing, model: await model, bayes: [...bayes],
        far: await subject.farther(3) };
    })),
    rule: await (await subjectOf({ get: (name) => ({ ...facts, reference: "window_mean" })[name],
      forecast: async (values, steps) => Array(steps).fill(7) })).farther(2),
    alone: await subjectOf({ get: (name) => ({ ...facts, reference: "mine", name: "mine.sine" })[name] })
      .catch((error) => error.message),
    scales: ranges.map((ends) => scaleOf(ends)),
    texts: texts.map((text) => told(() => pasted(text, 3))),
    refused: await (async () => {
      const { fetch } = globalThis;
      globalThis.fetch = async (url) => new Response(url, { status: 409 });
      const answers = await Promise.all(['{"error": "It was replaced."}', "null"]
        .map((text) => fetched(text).catch(({ message }) => message)));
      globalThis.fetch = fetch;
      return answers;
    })(),
    words: words.map(typeset),
    sizes: [0.5, -12345.678, 1e9, -1.17747661e37].map((value) => [inDecimals(value, 4), inDigits(value, 6)])
      .map((both) => both.map(typeset)),
  };
}"""
MODEL = seqzoo.load("linear.sine", "onnx")
RANGES = [(0.45, 1.15), (-1.3, 1.25), (1.7e9 + 0.1, 1.7e9 + 0.9), (-3e-7, 2e-7), (120, 9_700), (0.1, 0.1)]


def test_a_view_reads_judges_and_draws_a_window_as_python_does(page: Page) -> None:
    texts = ["1, 2;3\n−4e-1", "", "1 2", "1 two 3", "1 2 1e39"]
    words = ["lstm.sine-h50 -0.5", "−1", "3e-05", "2024-01-02", "1.2e+37"]
    own = {**predict.facts(MODEL), "architecture": "one of a plugin"}  # whose forecasts the server computes
    windows = [None, [5.0] * 20, [step / 10 - 0.95 for step in range(20)], [0.0] * 20]
    given = {"ranges": RANGES, "texts": texts, "words": words, "facts": own, "windows": windows}
    answer = page.evaluate(SCRIPT, given)
    for window, subject in zip(windows, answer["subjects"], strict=True):
        outside = None if window is None else MODEL.outside(window)
        assert subject["note"] == ("" if outside is None else outside.note)
        assert subject["standing"] == ("the best possible" if window is None else "the best for the sine it assumes")
        if window is not None:
            assert subject["model"] == window[-1:] and subject["far"] == window[-1:] * 3
            bayes = MODEL.signal.posterior(np.array([window]), 1)[0]
            assert subject["bayes"] == pytest.approx(bayes[0], abs=1e-6)
    assert answer["alone"] == "only Python can compute mine.sine, which an extension added"
    assert answer["rule"] == [7, 7]  # of a reference that the page does not know
    for (low, high), (bottom, top, step) in zip(RANGES, answer["scales"], strict=True):
        assert bottom <= low and high <= top
        decimals = max(0, -math.floor(math.log10(step)))
        for end in (bottom, top):
            assert end == float(f"{end:.{decimals}f}")  # a label of 1.2000000000000002 would push the chart aside
    assert answer["texts"][0] == {"values": [2, 3, -0.4], "understood": "The text: 4 numbers; the last 3 are taken."}
    assert answer["texts"][1] is None and answer["texts"][2] == "Expected at least 3 numbers, the text has 2."
    assert "“two” at place 2" in answer["texts"][3] and "“1e39” at place 3" in answer["texts"][4]
    assert answer["words"] == ["lstm.sine-h50 −0.5", "−1", "3e−05", "2024-01-02", "1.2e37"]
    assert answer["sizes"] == [
        ["0.5000", "0.5"], ["−12,345.7", "−12,345.7"], ["1e9", "1,000,000,000"], ["−1.177e37"] * 2,
    ]  # fmt: skip
    assert answer["refused"] == ["It was replaced", "the server answered 409 for null"]
