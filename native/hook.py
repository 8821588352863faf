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
_RELEASED = os.environ.get("SEQZOO_PLATFORM", "")


class CoreHook(BuildHookInterface):
    """Without a compiler for this platform, or with SEQZOO_CORE=off, the wheel holds no core and is pure Python.

    SEQZOO_PLATFORM=darwin-arm64, or another name of build.TAGS, makes the wheel to be released for that platform; it
    fails where the core cannot be compiled.
    """

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The compiler, unless the library was built before or cannot be built here."""
        return [core.COMPILER] if self._is_wanted and not core.kept(self._target).is_file() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._is_wanted:
            return
        try:
            library = core.install(self._target) if version == "editable" else core.library(self._target)
        except (RuntimeError, OSError) as error:
            if _RELEASED:
                raise
            sys.stderr.write(f"seqzoo is built without its core: {error}\n")
            return
        if version != "editable":  # that one is read where the sources lie
            build_data["force_include"][str(library)] = f"seqzoo/runtime/{library.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{core.TAGS[_RELEASED] if _RELEASED else _platform()}"

    @property
    def _target(self) -> str:
        return _RELEASED or core.here()

    @property
    def _is_wanted(self) -> bool:
        is_off = os.environ.get("SEQZOO_CORE") == "off"
        return self.target_name == "wheel" and not is_off and self._target in core.PLATFORMS


def _platform() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if system in ("darwin", "windows"):
        return core.TAGS[core.here()]
    return f"{system}_{machine}"
