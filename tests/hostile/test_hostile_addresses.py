"""Addresses with nonsense in every key of every view: each page shows what it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from seqzoo.app.model.visit import Visit
from seqzoo.bundles import shelf
from seqzoo.data.typed import rows_of
from seqzoo.errors import InputError
from support.serving import Running
from support.tabs import Tab
from support.terminal import Terminal

KEYS = (
    "engine seed pasted dragged frequency phase amplitude noise poke_at poke_by window horizon run scale at size "
    "rate batch sigma steps draw optimiser off order code tour stop t unit ahead scope sort freeze ablate values "
    "architecture signal question part models time value id only gaps decimal dates zone missing keep depth season "
    "ahead period calendar"
).split()
NONSENSE = [
    "", "inf", "1e400", "-1e400", "-1", "%D9%A3", "%EF%BC%99", "%00", "%FF%FE", "%ED%A0%80", "0x10", "9" * 400,
    "%3Cscript%3Ealert(1)%3C/script%3E", "[]", "%0a", "1-1-99-x", "lstm", "_".join(["1e39"] * 20), "NaN",
]  # fmt: skip
PAGES = {
    "/": "How to read a card", "/arena": "The arena", "/models/lstm.sine?view=predict": "Bayes",
    "/models/lstm.sine?view=inside": "LSTM", "/models/mlp.sine?view=inside": "influence",
    "/models/gaf_cnn.sine?view=inside": "influence", "/models/lstm.sine?view=rollout": "floor",
    "/models/lstm.sine?view=train": "The next run", "/models/lstm.sine?view=deploy": "bundle",
    "/models/lstm.sine?view=card": "Notice that every number", "/models/bayes.recall?view=predict": "Bayes",
    "/models/lstm.sine?view=nonsense": "Bayes", "/series": "Drop a file", "/series?of=series:nile": "100 values",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def nothing_is_logged(app: Running) -> Iterator[None]:
    log = app.home.parent / f"{app.home.name}-server.log"
    before = log.read_text()
    yield
    assert log.read_text().removeprefix(before) == ""


@pytest.fixture(scope="module")
def client(app: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.address, timeout=60, verify=False) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_nonsense_in_every_key_of_a_view_leaves_it_sensible(app: Running, path: str) -> None:
    for turn in range(0, len(NONSENSE), 10):  # every key meets some of it, and in the end all of it meets some key
        given = [(key, NONSENSE[(turn + place) % len(NONSENSE)]) for place, key in enumerate(KEYS)]
        query = "&".join(f"{key}=1&{key}={text}" for key, text in given)
        with Tab(app.address, f"{path}{'&' if '?' in path else '?'}{query}") as tab:
            assert tab.answer.status_code == 200, query
            tab.read(lambda tab: PAGES[path] in tab.text)
            tab.settle(0.1)
            shown = tab.text
            assert "did not work" not in shown and " nan" not in shown and "<script>" not in shown, query


def test_a_number_of_an_address_is_finite_and_within_its_bounds() -> None:
    visit: Any = Visit.__new__(Visit)
    for text in (*NONSENSE, "1e39", "nan", "-inf", "1_0"):
        visit.query = {"key": unquote(text)}
        found = visit.number("key", 5, 0, 10)
        assert isinstance(found, int | float) and 0 <= found <= 10, text
        if text in ("1_0", "%D9%A3", "%EF%BC%99"):  # float() reads 10, 3 and 9
            assert found == 5, text


@pytest.mark.parametrize("path", ["/?", "/arena?", "/models/lstm.sine?view=train&"])
def test_very_long_values_are_read_like_any_other(client: httpx.Client, path: str) -> None:
    for part in range(0, len(KEYS), 5):  # headers are bounded at 64 KiB
        query = "&".join(f"{key}={'9' * 10_000}" for key in KEYS[part : part + 5])
        assert client.get(f"{path}{query}").status_code == 200, KEYS[part : part + 5]


def test_a_step_of_a_tour_that_is_none_is_the_nearest(client: httpx.Client) -> None:
    for text in (*NONSENSE, "0", "4", "99", "1e5"):
        found = client.get(f"/tours/gate?step={text}")
        assert found.status_code == 307 and found.headers["location"].startswith("/models/"), text
        assert client.get(f"/tours/{quote(text)[:100]}").status_code in (200, 307, 404), text


def test_a_name_that_is_none_is_not_found(client: httpx.Client) -> None:
    for text in NONSENSE:
        for path in (f"/models/{text}", f"/sketches/{text}.svg", f"/arena/{text or 'x'}"):
            assert client.get(path, follow_redirects=True).status_code in (200, 404), path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "70000"], "65535"), (["--port", "-1"], "65535"), (["--port", "x"], "'--port'"),
        (["--host", ""], "--host"), (["--host", "a b"], "a b"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_listened_on_is_told_in_a_line(
    options: list[str], said: str, terminal: Terminal
) -> None:
    found = terminal("serve", *options)
    assert found.status == 2 and said in found.err.splitlines()[-1] and "Traceback" not in found.err


@pytest.mark.parametrize("name", ["con", "nul.sine", "lpt1", "lstm.sine-x."])
def test_a_model_of_ones_own_is_not_called_what_no_folder_can_be(name: str) -> None:
    with pytest.raises(InputError, match=re.escape(name)):
        shelf.place(name)


def test_decimal_commas_are_refused_where_they_can_be_told_from_separators() -> None:
    for text in ("0,1;0,2\n", "0.1;0.2;\n0,1\n"):
        with pytest.raises(InputError, match=r"0\.1 with a decimal comma"):
            rows_of(text, "the file", 100)
    rows = rows_of("0.1;0.2;\n0, 1\n1; 2,", "the file", 100).rows
    assert [(row.line, row.values) for row in rows] == [(1, [0.1, 0.2]), (2, [0.0, 1.0]), (3, [1.0, 2.0])]
