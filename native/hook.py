"""Builds the core into the wheel and beside an editable installation; called by hatchling."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SPEC = importlib.util.spec_from_file_location("build_of_the_core", Path(__file__).with_name("build.py"))
core = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(core)


class CoreHook(BuildHookInterface):
    """Without a compiler for this platform, or with SEQZOO_CORE=off, the wheel holds no core and is pure Python."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The compiler, unless the library was built before or cannot be built here."""
        return [core.COMPILER] if self._is_wanted and not core.kept(core.here()).is_file() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._is_wanted:
            return
        try:
            library = core.install(core.here())
        except (RuntimeError, OSError) as error:
            sys.stderr.write(f"seqzoo is built without its core: {error}\n")
            return
        build_data["artifacts"].append(library.relative_to(self.root).as_posix())
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"

    @property
    def _is_wanted(self) -> bool:
        is_off = os.environ.get("SEQZOO_CORE") == "off"
        return self.target_name == "wheel" and not is_off and core.here() in core.PLATFORMS


def _platform() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    return f"macosx_11_0_{machine}" if system == "darwin" else f"{system}_{machine}"
