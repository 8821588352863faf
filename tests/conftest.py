"""What every test shares: a home of its own, and small runs and bundles to work on."""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

from seqzoo import signals
from seqzoo.bundles import store
from seqzoo.evaluation import scoring
from seqzoo.zoo import _model_files, _registry

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

    from seqzoo.training.spec import TrainingSpec
    from support.serving import Running

TESTS = Path(__file__).parent
NUMBERS = itertools.count(1)
# Of pytest-xdist's workers and of every process that a test starts: with a thread for each core they would wait for
# each other half of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# huggingface_hub, which reads them when the first test imports it, asks its own host who calls.
os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}
# What a test needs decides its marker: by its room, and by its file where a room has both kinds.
NEEDS = {
    "browser": ("browser",),
    "process": (
        "app/test_arena_live.py", "app/test_series_process.py", "cli/test_arena.py", "cli/test_saving.py", "docs",
        "hostile/test_crashes.py", "hostile/test_forged_messages.py", "hostile/test_hostile_addresses.py",
        "hostile/test_interrupts.py", "hostile/test_other_sites.py", "hostile/test_swaps.py", "house",
        "runtime/test_libtorch.py", "runtime/test_parallel.py", "server", "tools",
    ),
    "training": (
        "arena", "bundles/test_version_1.py", "cli/test_backtest_on_series.py", "cli/test_commands.py",
        "cli/test_experiments.py",
        "cli/test_no_noise.py", "cli/test_shared_runs.py", "cli/test_train_on_series.py", "diagnosis/test_doctor.py",
        "evaluation/test_nonlinearity.py", "execution", "hostile/test_careless_series.py",
        "hostile/test_extreme_signals.py",
        "hostile/test_forged_bundles.py", "hostile/test_hostile_checkpoints.py", "hostile/test_hostile_manifests.py",
        "hostile/test_missing_extras.py", "hostile/test_model_files.py",
        "publishing", "training", "zoo",
    ),
}  # fmt: skip


# Files of pages that the shared app does not serve: another worker has them, with a Chromium of its own.
APART = (
    "browser/test_cell.py", "browser/test_cell_view.py", "browser/test_influence_in_the_page.py",
    "browser/test_loading.py", "browser/test_networks_in_the_page.py", "browser/test_signals_in_the_page.py",
    "browser/test_stopping.py", "browser/test_training_in_the_page.py", "browser/test_views_in_the_page.py",
    "browser/test_widget.py", "browser/test_widget_views.py",
)  # fmt: skip


# Files whose tests repeat at full count where SEQZOO_SOAK is set, and at a reduced one elsewhere.
REPEATS = (
    "evaluation/test_verdicts.py", "hostile/test_crashes.py", "hostile/test_damaged_bundles.py",
    "hostile/test_hostile_files.py", "hostile/test_swaps.py", "house/test_storage.py", "server",
)  # fmt: skip


# Needs nothing, but takes seconds: among the last files, one worker would end with it and the others have none left.
LONG = ("app/test_card.py",)


@functools.cache
def lies_in(path: Path, places: tuple[str, ...]) -> bool:
    """Whether a test or a folder of tests lies in one of these places."""
    place = path.relative_to(TESTS).as_posix() if path.is_relative_to(TESTS) else ""
    return any(f"{place}/".startswith(f"{at}/") for at in places)


def needs(path: Path) -> list[str]:
    """What a test or a folder of tests needs, by its place."""
    return [name for name, places in NEEDS.items() if lies_in(path, places)]


def pytest_configure(config: pytest.Config) -> None:
    """Each of several workers begins to collect at another folder: what one has compiled the others read.

    Three processes for all of them import what those need that they start. Nothing that is imported is garbage.
    """
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        gc.disable()  # until all is collected, which the process that only distributes does not do
    if hasattr(config, "workerinput") and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        folders = sorted({str(file.parent) for file in TESTS.glob("*/test_*.py")})
        number, workers = int(config.workerinput["workerid"].removeprefix("gw")), config.workerinput["workercount"]
        first = number * len(folders) // workers
        config.args = folders[first:] + folders[:first]
    elif getattr(config.option, "numprocesses", None) and config.option.markexpr != "quick":
        from support import bare, forked, warm

        forked.share()
        warm.share()
        bare.share()
        forked.workers()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by what it needs, and whether it repeats; `quick` is what needs nothing but this process.

    For several workers, files that take long come first and quick ones last, so that all end at about the same time.
    """
    for item in items:
        for name in needs(item.path) or ["quick"]:
            item.add_marker(name)
        if lies_in(item.path, REPEATS):
            item.add_marker("soak")
    if hasattr(config, "workerinput"):  # of pytest-xdist
        # By the names of files, not of folders: tests of a server, which wait, are beside others, which compute.
        items.sort(key=lambda item: item.path.name, reverse=True)
        items.sort(key=lambda item: turn(item.path))


def turn(path: Path) -> int:
    """When the tests of a file begin: the pages first, of which one worker has most."""
    if "browser" in needs(path):
        return 1 if lies_in(path, APART) else 0
    return 2 if needs(path) or lies_in(path, LONG) else 3


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The pages are one long chain of short steps, for which all other tests make way: it would else end last."""
    if "PYTEST_XDIST_WORKER" in os.environ and "browser" not in needs(item.path):
        make_way()


@functools.cache
def make_way() -> None:
    os.nice(3)


def pytest_collection_finish() -> None:
    """Every look for garbage would otherwise pass through all modules, a tenth of the time of an export."""
    from support.settled import settle

    settle()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """A worker takes a whole file, or all pages that one Chromium and one app serve.

    The pages take longest and begin first; another worker uses the cores while they wait.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            place = super()._split_scope(nodeid)
            path = config.rootpath / place
            if lies_in(path, APART):
                return "tests/browser apart"
            return "tests/browser" if lies_in(path, NEEDS["browser"]) else str(place)

    config.option.loadscopereorder = False  # it would put files of many tests first, not those that take long
    return Scheduling(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Asked for what is quick, do not even import the rest."""
    return True if config.option.markexpr == "quick" and needs(collection_path) else None


# No deadline: a busy machine is not a failure. Derandomised: a run that passed passes again.
settings.register_profile("seqzoo", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("seqzoo")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SEQZOO_HOME that belongs to this test alone; it does not exist yet."""
    # Not in a folder of the test, which most tests need not have.
    folder = tmp_path_factory.getbasetemp() / f"home-of-{next(NUMBERS)}"
    monkeypatch.setenv("SEQZOO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def same_fresh_seeds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What draws a fresh seed in a test draws the same one in every run: a run that passed passes again."""
    drawn = SimpleNamespace(randbelow=random.Random(request.node.name).randrange)
    monkeypatch.setattr(scoring, "secrets", drawn)


@pytest.fixture(scope="session", autouse=True)
def patient_clients() -> None:
    """A server on a busy machine may take longer to answer than the five seconds that httpx grants by default.

    No test asks a server for a certificate, for which httpx reads those of all authorities at each request.
    """
    if "httpx" in sys.modules:
        import httpx
        from httpx._transports import default

        granted = inspect.signature(httpx.get).parameters["timeout"].default  # one object for all functions of httpx
        granted.connect = granted.read = granted.write = granted.pool = 60.0
        default.create_ssl_context = functools.cache(default.create_ssl_context)  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def operators_read_once() -> Iterator[None]:
    """Exports share what torch reads for each anew. `torch` is there if any test that was collected can export."""
    if "torch" not in sys.modules:
        yield
        return
    from support.operators import read_once

    with read_once():
        yield


@pytest.fixture
def own_models() -> Iterator[Callable[[], None]]:
    """Models that this test registers are forgotten after it, and when it calls this: as in a new process."""

    def forget() -> None:
        for name in set(_registry._REGISTERED) - set(_registry.shipped()):
            del _registry._REGISTERED[name]
        _model_files._LOADED.clear()
        _model_files._FILES.clear()

    yield forget
    forget()


@pytest.fixture
def few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few windows choose and score what this test trains: how good it is is not what the test is about."""
    from seqzoo.training import validation

    monkeypatch.setattr(validation, "WINDOWS", 256)
    for family in signals.FAMILIES.values():
        monkeypatch.setattr(family, "windows_to_score", 2_000)


@pytest.fixture
def forked_places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of this machine that compute for this test are forked from one that has torch."""
    from support import forked

    forked.places(monkeypatch)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


@pytest.fixture(scope="session")
def small_run() -> Callable[..., TrainingSpec]:
    """The spec of a zoo entry, to train in a fraction of a second; changes are dotted as for `TrainingSpec.of`."""
    from seqzoo.training.spec import TrainingSpec

    def make(name: str = "lstm.sine", *, seed: int = 0, **changes: Any) -> TrainingSpec:
        dotted = {key.replace("__", "."): value for key, value in changes.items()}
        small = {
            "recipe.steps": 20,
            "recipe.evaluate_every": 10,  # early on, every 2 steps
            "recipe.batch_size": 16,
        }
        entry = _registry.entry(name)
        sizes = {"hidden_size": 8, "channels": 4, "width": 8}
        small |= {f"config.{size}": value for size, value in sizes.items() if hasattr(entry.config, size)}
        return TrainingSpec.of(entry, seed=seed, changes={**small, **dotted})

    return make


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app that all tests of a process share; what they put on its shelf has names of its own.

    Its user has a copy of a bundle whose ONNX file is damaged, one whose manifest is, and one that no test asks for.
    """
    from support.serving import FORKING, UNASKED, lasting, with_copies

    home = tmp_path_factory.mktemp("app") / "home"
    with_copies(home, "lstm.sine-cut", "lstm.sine-torn", UNASKED)
    (home / "models" / "lstm.sine-cut" / store.ONNX).write_bytes(b"cut")
    (home / "models" / "lstm.sine-torn" / store.MANIFEST).write_text('{"name": "<script>alert(1)</script>')
    with lasting(home, "--engine", "onnx", command="app", program=FORKING) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server that all tests of a process share, with a model that none of them loads. It must outlive them."""
    from support.serving import UNASKED, lasting, with_copies

    home = tmp_path_factory.mktemp("serving") / "home"
    with_copies(home, UNASKED)
    with lasting(home) as running:
        yield running


@pytest.fixture
def shipped() -> Path:
    """The folder of the flagship, as the package ships it. Read only."""
    return store.SHIPPED / "lstm.sine"


@pytest.fixture
def copied(tmp_path: Path, shipped: Path) -> Path:
    """A copy of the flagship that states the same in other bytes, and so is of unknown origin."""
    folder = tmp_path / "handed-over" / "lstm.sine"
    shutil.copytree(shipped, folder)
    with (folder / store.MANIFEST).open("ab") as manifest:
        manifest.write(b"\n")
    return folder
