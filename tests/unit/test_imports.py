"""Who may import whom, what an import costs, and what the package exports."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import seqzoo

PACKAGE = Path(seqzoo.__file__).parent
SOURCES = {
    ".".join(("seqzoo", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imports_of(module: str, *, deferred: bool) -> set[str]:
    """Absolute names a module imports; `deferred` includes imports inside functions.

    What only a type checker reads does not count.
    """
    found: set[str] = set()
    is_package = SOURCES[module].name == "__init__.py"

    def visit(nodes: list[ast.stmt] | list[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.update(absolute(node))
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                visit(node.orelse)
            elif deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                visit(list(ast.iter_child_nodes(node)))

    def absolute(node: ast.ImportFrom) -> Iterator[str]:
        base = node.module or ""
        if node.level:
            parts = module.split(".")
            parts = parts[: len(parts) - node.level + is_package]
            base = ".".join([*parts, node.module] if node.module else parts)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            yield whole if whole in SOURCES else base

    visit(list(ast.parse(SOURCES[module].read_text("utf-8")).body))
    return found


def reached_from(module: str, *, deferred: bool = False) -> set[str]:
    """Everything a module imports, and what that imports when it is imported, packages above included."""
    reached: set[str] = set()
    # The package itself imports lazily; a name of it is a module of its own here.
    waiting = list(imports_of(module, deferred=deferred))
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        if name in SOURCES and name != "seqzoo":
            parents = [name.rsplit(".", depth)[0] for depth in range(1, name.count("."))]
            waiting += [*imports_of(name, deferred=False), *parents]
    return reached


def uses_torch(names: set[str]) -> bool:
    return any(name.split(".")[0] == "torch" or name.startswith("safetensors.torch") for name in names)


LIGHT = ["errors", "signals", "windows", "floors", "metrics", "bundle", "forecasting", "intervals", "backtest",
         "scoring", "files", "recipes", "registry", "cards", "verification", "plots", "checkpoints",
         "catalogue", "snippets", "cli", "server", "app", "runs", "sensitivity", "microscope",
         "number_text", "shelf"]  # fmt: skip


@pytest.mark.parametrize("name", LIGHT)
def test_importing_it_never_imports_torch(name):
    modules = [module for module in SOURCES if module == f"seqzoo.{name}" or module.startswith(f"seqzoo.{name}.")]
    assert modules
    for module in modules:
        assert not uses_torch(reached_from(module)), module


@pytest.mark.parametrize("name", LIGHT)
def test_importing_it_never_imports_the_arena(name):
    modules = [module for module in SOURCES if module == f"seqzoo.{name}" or module.startswith(f"seqzoo.{name}.")]
    for module in modules:
        assert not any(f"{used}.".startswith("seqzoo.arena.") for used in reached_from(module)), module


@pytest.mark.parametrize("part", ["results", "verdicts", "report", "page", "figures", "efficiency", "pool",
                                  "questions", "small"])  # fmt: skip
def test_what_shows_the_results_of_the_arena_never_imports_torch(part):
    assert not uses_torch(reached_from(f"seqzoo.arena.{part}"))


def test_the_rule_would_notice_torch_behind_other_modules():
    assert uses_torch(reached_from("seqzoo.training"))
    assert uses_torch(reached_from("seqzoo.reproduction"))
    assert "seqzoo.zoo.lstm" not in reached_from("seqzoo.registry")


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith("seqzoo.runtime")])
def test_the_runtime_serves_without_the_code_that_trains(module):
    reached = reached_from(module, deferred=True)
    for part in ("zoo", "registry", "training", "export", "optimisers", "checkpoints", "recipes", "cli"):
        assert not any(name == f"seqzoo.{part}" or name.startswith(f"seqzoo.{part}.") for name in reached), part


def test_in_the_runtime_torch_is_named_in_the_torchscript_engine_alone():
    users = {
        module
        for module in SOURCES
        if module.startswith("seqzoo.runtime") and uses_torch(imports_of(module, deferred=True))
    }
    assert users == {"seqzoo.runtime.torchscript"}
    at_import = {
        module for module in SOURCES if module.startswith("seqzoo.runtime") and uses_torch(reached_from(module))
    }
    assert at_import == {"seqzoo.runtime.torchscript"}
    assert "seqzoo.torch_threads" in reached_from("seqzoo.runtime.torchscript")


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith("seqzoo.zoo.")])
def test_an_architecture_knows_its_recipe_and_the_registry_and_nothing_else_of_ours(module):
    ours = {name for name in imports_of(module, deferred=True) if name.startswith("seqzoo")}
    assert ours <= {"seqzoo.recipes", "seqzoo.registry"}


@pytest.mark.parametrize(
    ("part", "allowed"),
    [("app", {"cli"}), ("server", {"app", "cli"}), ("cli", {"__main__"}), ("runs", {"app"})],
)
def test_what_a_person_or_a_program_talks_to_is_imported_by_nothing_beneath_it(part, allowed):
    users = {
        module.split(".")[1]
        for module in SOURCES
        for used in imports_of(module, deferred=True)
        if f"{used}.".startswith(f"seqzoo.{part}.") and module.count(".")
    }
    assert users <= {part, *allowed}


def test_of_the_runs_the_worker_alone_reaches_torch():
    users = {
        module
        for module in SOURCES
        if module.startswith("seqzoo.runs") and uses_torch(reached_from(module, deferred=True))
    }
    assert users == {"seqzoo.runs.worker"}


def test_no_module_imports_itself_in_a_circle():
    for module in SOURCES:
        reached, waiting = set(), [module]
        while waiting:
            for name in imports_of(waiting.pop(), deferred=False) & SOURCES.keys() - reached:
                reached.add(name)
                waiting.append(name)
        assert module not in reached, module


def modules_after(statement: str) -> set[str]:
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
        (["predict", "lstm.sine", *["0.1"] * 20], {"onnxruntime"}),
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


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["list"],
        ["show", "lstm.sine"],
        ["predict", "lstm.sine", *["0.1"] * 20],
        ["predict", "lstm.sine", "--engine", "numpy", *["0.1"] * 20],
        ["forecast", "lstm.sine", "--horizon", "3", "--interval", "0.9"],
        ["backtest", "lstm.sine", "--horizon", "3", "--points", "300"],
        ["floors", "--samples", "100"],
    ],
    ids=lambda arguments: " ".join(arguments[:4]),
)
def test_a_command_that_only_reads_leaves_torch_alone(arguments):
    loaded = modules_after(COMMAND.format(arguments=arguments))
    assert "seqzoo.cli" in loaded and "torch" not in loaded and "matplotlib" not in loaded


def test_predicting_imports_torch_for_the_torchscript_engine_and_for_no_other():
    for engine, expected in (("onnx", False), ("numpy", False), ("torchscript", True)):
        loaded = modules_after(f"import seqzoo\nseqzoo.load('lstm.sine', {engine!r}).predict([0.1] * 20)")
        assert ("torch" in loaded) is expected


def test_a_server_that_answers_with_onnx_leaves_torch_alone():
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
    assert "seqzoo.server.v2" in loaded and "onnxruntime" in loaded
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


@pytest.mark.parametrize(
    "before",
    ["import seqzoo.floors", "import seqzoo; seqzoo.load('lstm.sine')", "from seqzoo.floors import forecasters"],
)
def test_floors_is_the_function_whatever_was_imported_before(before):
    code = f"{before}\nimport seqzoo\nassert seqzoo.floors(seqzoo.Sine(), 20, samples=10)[0].noise > 0"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
