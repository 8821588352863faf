"""What the view *Look inside* of a model without gates says and draws."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

SCRIPT = """async (looks) => {
  const { derivatives, forecasts, windowed, words } = await import("/pages/js/influence.js");
  const { bars, heat } = await import("/pages/js/units.js");
  return {
    looks: looks.map((look) => ({
      words: words(look), forecasts: forecasts(look), window: windowed(look, 1), slopes: derivatives(look),
    })),
    bars: bars([0.5, -2], 2), heat: heat([[1, 1, 0], [-1, 0.5, 0.5]], 1),
  };
}"""


def look(own: list[float], bayes: list[float] | None, **others: Any) -> dict[str, Any]:
    slopes = {"model": own, "bayes": bayes, "linear": [0.1, 0.2, 0.3]}
    return {
        **{key: values and {"forecast": 0.5, "derivative": values} for key, values in slopes.items()},
        "name": "mlp.sine", "step": 2, "context": [1, 2, 3], "whole": None, "standing": "the best possible",
        "linearName": "best linear", "outside": None, **others,
    }  # fmt: skip


def plain(markup: str) -> str:
    return re.sub(r"<span class=\"definition\".*?</span>|<[^>]*>", "", markup)


def test_the_words_and_drawings_of_a_window_state_its_derivatives_and_those_of_weights_their_sizes(
    page: Page,
) -> None:
    whole = {"forecast": 0.7, "derivative": [0, 0, 0]}
    outside = {"note": "far", "whose": "this model has seen", "far": [0, 0, 40]}
    looks = [
        look([0.1, -0.9, 0.2], [0.6, -0.8, 0.2]), look([0.1, 0.2, 0.4], [0.1, 0.2, 0.4]),
        look([0, 0, 0], [0.1, 0.1, 0.1]), look([0.1, 0.1, 0.1], [0, 0, 1e-9]),
        look([1, 0, 0], [0, 0, 1], name="<b>x", whole=whole, outside=outside),
        look([0.1, 0.2, 0.3], None, standing=""),
    ]  # fmt: skip
    looks[5]["model"]["error"] = 1e-4
    answer = page.evaluate(SCRIPT, looks)
    differ, equal, flat, certain, off, measured = answer["looks"]
    most, farthest = plain(differ["words"]).split("farthest from Bayes")
    assert re.search(r"the value 1 before the last\D*−0\.900\D*−0\.800", most)
    assert re.search(r"the value 2 before the last\D*\+0\.100\D*\+0\.600", farthest)
    assert "Each influence equals that in Bayes" in equal["words"]
    for each, who in ((flat, "mlp.sine"), (certain, "Bayes")):
        said = plain(each["words"]).lower()
        assert f"no value moves the forecast of {who}".lower() in said and "cosine" not in said
    assert "<b>x" not in off["words"] + off["forecasts"][0]["name"]
    dots = {series["name"]: (series["x"], series["y"]) for series in off["window"]["series"]}
    assert dots["<b>x"] == ([2], [0.5]) and dots["nothing off"] == ([2], [0.7])
    assert dots["window"] == ([-2, -1, 0], [1, 2, 3]) and dots["changed"] == ([-1], [2])
    assert {series["name"] for series in off["slopes"]["series"]} == set(dots) - {"window", "changed"}
    (ring,) = off["window"]["marks"]
    assert (ring["x"], ring["y"]) == (0, 3) and "standard deviations" in ring["words"][-1]
    assert equal["window"]["marks"] == []
    assert "0.00010" in measured["words"] and "Bayes" not in measured["words"]
    assert "cosine to the weights of best linear is 1.000" in plain(measured["words"])
    # Weights are bars to the edge; a map colours each cell once, and nothing where there is nothing.
    up, down = re.findall(r'<path d="([^"]*)" fill', answer["bars"])
    assert up == "M0.1 0h.8v-0.250h-.8z" and down == "M1.1 0h.8v1.000h-.8z"
    cells = [(int(x), int(y), int(w)) for x, y, w in re.findall(r"M(\d+) (\d+)h(\d+)v1", answer["heat"])]
    assert sorted(cells) == [(0, 0, 2), (0, 1, 1), (1, 1, 2)]
    assert {shade: answer["heat"].count(shade) for shade in ("above) 100%", "below) 100%", "above) 50%")} == {
        "above) 100%": 1, "below) 100%": 1, "above) 50%": 1,
    }  # fmt: skip
