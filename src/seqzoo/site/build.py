"""The builder: every file of the site, and the folder that they are written into."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from .. import __version__, _storage
from ..bundles.store import SHIPPED, WEIGHTS, open_bundle
from ..errors import InputError
from ..forecasters import references
from ..forecasters.protocol import Forecaster, has_bundle
from ..microscope.modules import digest as digest_of
from ..pages import cards, glossary, head, hero, look, phases, sketches, tours, train
from ..runtime import catalogue
from ..runtime.predictor import Predictor
from ..signals import FAMILIES
from . import arena, links, modules, shell, stops, views

MARK = "site.json"
"""The file by which a folder is known as a site: it lists the others."""
_DOCS = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*/?", re.ASCII)
WORKER = Path(__file__).with_name("worker.js")


class Site(NamedTuple):
    """A built site: its files by path, and how many models and references it has."""

    files: dict[str, bytes]
    models: int


def write(out: Path, docs: str = "") -> Site:
    """Write the site into a folder: a new or empty one, or one that holds a site already.

    What else lies in the folder of a site, such as its documentation, stays.

    Args:
        docs: the address of the documentation from the root of the site, as "docs/"; the pages then link to it.

    Raises:
        InputError: the folder cannot be replaced, or holds other files or what a copy would lose.
    """
    if docs and not _DOCS.fullmatch(docs):
        raise InputError(f'--docs is a path from the root of the site, as "docs/", got {docs[:120]!r}.')
    _storage.check_folder(out)
    try:
        kept = _others(out, docs)
    except OSError as error:
        raise InputError(f"cannot read {error.filename or out}: {(error.strerror or str(error)).lower()}.") from None
    site = build(docs)
    try:
        _storage.write_folder(out, {**kept, **site.files})
    except OSError as error:
        raise InputError(f"cannot write the site into {out}: {(error.strerror or str(error)).lower()}.") from None
    return site


def _others(out: Path, docs: str) -> dict[str, bytes]:
    """The files in the folder of a site that an earlier run did not write, by their paths.

    Raises:
        InputError: the folder holds files, but no site; or it is a file; or something in it is no plain file.
        OSError: something in it cannot be read.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: give the folder of a site, which may not exist yet.")
    if not out.exists():
        return {}
    written: set[str] = set()
    if {path.name for path in out.iterdir()} - {docs.partition("/")[0]}:  # else there is documentation at most
        try:
            mark = json.loads((out / MARK).read_bytes())
            mark["seqzoo"]  # another program's file of that name has none
            written = set(mark["files"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            why = f"{out} holds files, but no site of seqzoo"
            raise InputError(f"{why}: give an empty folder, or a new one.") from None
    every = sorted(out.rglob("*"))
    for path in every:
        if path.is_symlink() or path.name == ".git" or not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{path} is a link, a repository or a special file, which replacing the site would damage: "
                "move it, or give another folder."
            )
    paths = {path.relative_to(out).as_posix(): path for path in every if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if name not in written | {MARK}}


def build(docs: str = "", only: Iterable[str] = ()) -> Site:
    """Every file of the site. `only` names the models that get a page; by default all that the package ships."""
    chosen = set(only)
    rows = [row for row in catalogue.rows() if row["shipped"] and (not chosen or row["name"] in chosen)]
    models = {row["name"]: _model(row) for row in rows}
    site = _Builder(models, docs)
    files = {
        **{f"{modules.folder()}/{path}": data for path, data in modules.files().items()},
        "index.html": site.gallery(rows),
        "glossary/index.html": site.page("Glossary", glossary.body(), "../", glossary.DESCRIPTION),
        "install/index.html": site.page("Install", _INSTALL, "../", "What the zoo can do once it is installed."),
        ".nojekyll": b"",  # else one host leaves out names that begin with "_"
    }
    for name, model in models.items():
        files[f"models/{name}/index.html"] = site.model(model)
        files[f"models/{name}/facts.json"] = _json(views.facts(model, models))
        files[f"sketches/{name}.svg"] = sketches.drawing(model).encode()
        if has_bundle(model):
            files[f"models/{name}/{WEIGHTS}"] = model.bundle.read(WEIGHTS)
    files["train/facts.json"] = _json(train.facts())
    files["train/index.html"] = site.train()
    for path, (title, body) in arena.pages().items():
        root = "../" * (1 + path.count("/"))
        about = f"{title}: all models and the best possible forecaster on the same data."
        files[f"arena/{path}index.html"] = site.page(title, body, root, about)
    for key, numbers in site.tours.items():
        files[f"tours/{key}.json"] = site.texts(key)
        tour = tours.TOURS[key]
        files[f"tours/{key}/index.html"] = site.page(
            tour.title, stops.listed(key, numbers), "../../", tour.about, scripts=["pages/js/tours.js"]
        )
    first = ["./", *_needed(files["index.html"]), f"models/{hero.MODEL}/{WEIGHTS}"]
    digest = digest_of(files)
    worker = WORKER.read_text("utf-8").replace("DIGEST", digest).replace("[]", json.dumps(first), 1)
    files["worker.js"] = worker.encode()
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    mark = {"seqzoo": __version__, "digest": digest, "files": listed}
    files[MARK] = (json.dumps(mark, indent=1) + "\n").encode()
    return Site(files, len(models))


def _model(row: cards.Row) -> Forecaster:
    """The model of a row of the catalogue, or the reference."""
    reference = references.find(row["name"])
    return Predictor(open_bundle(SHIPPED / row["name"]), "onnx") if reference is None else reference


class _Builder:
    """The pages of a site with some models."""

    def __init__(self, models: Mapping[str, Forecaster], docs: str) -> None:
        self.heads = _HEADS
        self.docs = docs
        trainings = views.trainings(models)
        self.marks = {(name, view.key): view.marks for name, model in models.items() for view in views.of(model)}
        self.marks |= {(name, "train"): views.TRAINING_MARKS for name in trainings}
        self.tours = stops.offered(self._has)
        shown = {name: set(views.labels(model)) for name, model in models.items()}
        self.known = links.Known(shown, trainings, self.tours)

    def _has(self, step: tours.TourStep) -> bool:
        """Whether the site has what a step of a tour shows."""
        place = urlsplit(step.page)
        view = (place.path.rpartition("/")[2], dict(parse_qsl(place.query)).get("view", ""))
        return view in self.marks and all(each.startswith((*self.marks[view], phases.PLACE)) for each in step.shows)

    def texts(self, key: str) -> bytes:
        """The texts of a tour, which the page of a stop asks for; their links are relative to this file."""
        told = stops.texts(key, self.tours[key])
        for each in told["stops"].values():
            each["html"] = links.relative(each["html"], "../", self.known)
        return _json(told)

    def page(
        self,
        title: str,
        body: str,
        root: str,
        about: str,
        *,
        scripts: Iterable[str] = (),
        soon: Iterable[str] = (),
        styles: Iterable[str] = (),
    ) -> bytes:
        """A page; `root` leads from it to the root of the site. The rest is as for `shell.document`."""
        html = shell.document(title, body, about, self.heads, scripts=scripts, soon=soon, styles=styles)
        html = links.relative(html, root, self.known)
        if self.docs:
            html = html.replace("</nav>", f'<a href="{escape(root + self.docs)}">Docs</a></nav>', 1)
        return html.encode()

    def gallery(self, rows: list[cards.Row]) -> bytes:
        """The first page: the window to drag, the doors, and a card for each model."""
        doors = hero.learn(len(self.tours)) + _DOOR
        top = hero.html(f"models/{hero.MODEL}/{WEIGHTS}", doors)
        shelves = _filters(rows) + "".join(map(_shelf, cards.sections(rows)))
        key = f'<details class="hint key"><summary>How to read a card</summary><p>{cards.KEY}</p></details>'
        guided = f'<section class="tours">{tours.links(self.tours)}</section>'
        run = ["pages/js/hero.js", "pages/js/filters.js", "pages/js/tours.js"]
        body = top + shelves + key + guided
        return self.page("Gallery", body, "", look.DESCRIPTION, scripts=run)

    def train(self) -> bytes:
        """The page on which the browser trains a network."""
        root, folder = "../", modules.folder()
        page = {
            "facts": "facts.json", "module": f"{root}{folder}/{_TRAIN}", "run": "train",
            "core": f"{root}{folder}/microscope/js/core.wasm",
        }  # fmt: skip
        body = (
            '<h1>Train a network in your browser</h1><p class="intro">An LSTM, a GRU, an RNN or an MLP learns the '
            "noisy sine while you watch. The link of this page repeats the run: the same seed, the same curve.</p>"
            f'<div id="view" class="view skeleton" data-page="{escape(json.dumps(page))}" '
            f'data-tours="{root}tours/"></div>'
        )
        about = "Train an LSTM, GRU, RNN or MLP in the browser, and watch it pass the best linear forecaster."
        return self.page("Train", body, root, about, scripts=["pages/js/single.js"], soon=[_TRAIN], styles=_LOOK)

    def model(self, model: Forecaster) -> bytes:
        """The page of a model: its head, and a tab for each view."""
        name, root = model.name, "../../"
        shown, labels = views.of(model), views.labels(model)
        first = next(iter(labels))  # it is in sight before the script opens what the address asks for
        page = {
            "facts": "facts.json",
            "weights": WEIGHTS,
            "core": f"{root}{modules.folder()}/microscope/js/core.wasm",
            "views": {
                view.key: {
                    "module": f"{root}{modules.folder()}/{view.module}",
                    "run": view.run,
                    "keys": view.keys,
                    "isMicroscope": view.is_microscope,
                    "styles": [f"{root}{modules.folder()}/{path}" for path in view.styles],
                }
                for view in shown
            },
        }
        tabs = "".join(
            f'<button type="button" class="tab" role="tab" id="tab-{key}" aria-controls="panel-{key}" '
            f'aria-selected="{str(key == first).lower()}" tabindex="{0 if key == first else -1}">{label}</button>'
            for key, label in labels.items()
        )
        panels = "".join(
            f'<section role="tabpanel" id="panel-{key}" class="{"" if key == first else "gone"}" '
            f'aria-labelledby="tab-{key}">'
            f'<h2 class="unseen">{label}</h2>{views.panel(model, key)}</section>'
            for key, label in labels.items()
        )
        body = (
            f'<div class="model-head">{head.CRUMB}<div class="row1"><h1>{escape(name)}</h1></div>'
            f'<p class="about">{head.about(model)}</p><div class="facts">{head.facts(model)}</div></div>'
            f'<div id="model" data-page="{escape(json.dumps(page))}" data-tours="{root}tours/">'
            f'<div class="tab-row"><div class="tabs" role="tablist" aria-label="Views">{tabs}</div></div>'
            f"{panels}</div>"
        )
        about = head.described(name, list(labels.values()))
        return self.page(
            name, body, root, about, scripts=["pages/js/model.js"], soon=[view.module for view in shown[:1]]
        )


_HEADS = {"/": "Gallery", "/train": "Train", "/arena": "Arena", "/install": "Install"}
_TRAIN, _LOOK = "pages/js/training/view.js", ("pages/js/views.css", "pages/js/training/training.css")
_DOOR = (
    '<a class="door" href="/install"><strong>Use it on my series</strong>'
    "<span>A file of your own needs an installation: one command, and nothing leaves your machine.</span></a>"
)
_INSTALL = """<h1>Install the zoo</h1>
<p class="intro">These pages compute in your browser and need nothing else. The program on your machine does more.</p>
<div class="panel"><div class="prose"><p>In a checkout of the repository, with Python 3.11 and make:</p>
<pre tabindex="0">make run</pre>
<p>The program opens these pages at an address of your machine, with these beside them:</p>
<ul><li><b>Your series</b>: drop a file of values, and see whether a network pays off.</li>
<li><b>Train</b> every architecture on every signal, or on your own series.</li>
<li><b>Look inside</b> a model beside itself before its training, or beside a run.</li>
<li><b>Deploy</b>: download a model as ONNX, TorchScript or C, and forecast over an API.</li>
<li><b>Mistakes</b> of a model on measured values, and small versions of the arena’s experiments.</li></ul>
</div></div>"""


def _filters(rows: list[cards.Row]) -> str:
    """The toggles that leave some cards in sight, as HTML."""
    offered = {
        "Architecture": sorted({cards.architecture(row) for row in rows}),
        "Signal": [family for family in FAMILIES if any(row["family"] == family for row in rows)],
    }
    html = ""
    for label, values in offered.items():
        chips = "".join(
            f'<button type="button" class="chip" data-key="{value}" aria-pressed="{str(not value).lower()}">'
            f"{value or 'all'}</button>"
            for value in ("", *values)
        )
        html += (
            f'<div class="filter" role="group" aria-label="{label}" data-kind="{label.lower()}">'
            f'<span class="label">{label}</span><div class="filter">{chips}</div></div>'
        )
    return f'<div class="filters">{html}</div><p class="nothing gone">{cards.NOTHING}</p>'


def _shelf(section: cards.Section) -> str:
    """A section of the gallery as HTML; nothing without models."""
    if not section.rows:
        return ""
    inside = "".join(
        f'<a class="model-card" href="/models/{quote(row["name"])}" data-model="{escape(row["name"])}" '
        f'data-architecture="{escape(cards.architecture(row))}" data-signal="{escape(row["family"])}">'
        f"<div>{cards.card(row)}</div></a>"
        for row in section.rows
    )
    shelf = f'<div class="cards">{inside}</div>'
    if section.is_folded:
        head = f'<summary><h2 data-of="{section.title}">{len(section.rows)} {section.title}</h2></summary>'
        return f'<details class="shelf">{head}{shelf}</details>'
    return f'<section class="shelf"><div><h2>{section.title}</h2></div>{shelf}</section>'


def _json(facts: Any) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode()


def _needed(page: bytes) -> list[str]:
    """The files that a page at the root of the site asks for at once."""
    return re.findall(r'<(?:script|link)[^>]* (?:src|href)="((?!data:)[^"]+)"', page.decode())
