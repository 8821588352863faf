"""The compiled core (native/core.cpp): the recurrent cells at the machine's speed, called through ctypes.

It is part of a wheel for this platform, and lies beside this file. Where it is missing, `find` returns None, `state`
says why, and everything works without it. A call releases Python's global lock.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import math
import os
import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import Float32Array
from ..errors import MissingCoreError

LIBRARY = Path(__file__).with_name(
    {"darwin": "libseqzoo.dylib", "win32": "libseqzoo.dll"}.get(sys.platform, "libseqzoo.so")
)
SOURCE = Path(__file__).parent.joinpath("..", "..", "..", "native", "core.cpp")  # beside an editable installation
SWITCH = "SEQZOO_CORE"  # "off", or the target to use
CELLS = ("lstm", "gru", "rnn")  # in the order of their numbers
STATES = {"lstm": ("h", "c"), "gru": ("h",), "rnn": ("h",)}
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
MOST_UNITS, MOST_STEPS = 256, 4096
_LEVELS = {4: "x86_64_v4", 3: "x86_64_v3", 1: "x86_64"}
PLATFORMS = ("linux x86_64", "linux aarch64", "darwin arm64", "windows amd64")  # that native/build.py compiles for
TARGETS = (*_LEVELS.values(), "aarch64")
_LINE = 16  # floats of a cache line
_SIGNATURES: dict[str, tuple[Any, str]] = {  # p a pointer, i a size, c a choice
    "size": (ctypes.c_int64, "pcii"),
    "pack": (None, "ppp"),
    "forward": (None, "piippppp"),
    "step": (None, "pppppp"),
    "backward": (None, "piippppppp"),
    "peak": (ctypes.c_int64, "ip"),
}
_KINDS = {"p": ctypes.c_void_p, "i": ctypes.c_int64, "c": ctypes.c_int32}


class _Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("cell", "channels", "units", "outputs")]


class Core(NamedTuple):
    """The functions of one target of the library, for example x86_64_v3."""

    target: str
    source: str
    size: Callable[..., int]
    pack: Callable[..., object]
    forward: Callable[..., object]
    step: Callable[..., object]
    backward: Callable[..., object]
    peak: Callable[..., int]


class State(NamedTuple):
    """Whether there is a core, and which; `why` says why there is none."""

    core: Core | None
    why: str = ""


def find() -> Core | None:
    """The core that this process uses, or None."""
    return state().core


def state() -> State:
    """The core that this process uses, or why it has none. SEQZOO_CORE chooses a target; "off" chooses none."""
    return of(os.environ.get(SWITCH, ""))


@functools.cache
def of(target: str) -> State:
    """The core of a target, or why there is none; of an empty name, the fastest that this processor can run."""
    if target == "off":
        return State(None, f"{SWITCH}=off switches it off")
    if not LIBRARY.is_file():
        if (here := f"{platform.system()} {platform.machine()}").lower() not in PLATFORMS:
            return State(None, f"there is none for {here}")
        return State(None, f"{LIBRARY} is missing; `pip install .` in the sources builds it")
    try:
        library = ctypes.CDLL(str(LIBRARY))
        able = _able(library)
        if (target or able[0]) not in able:
            return State(None, f"this processor runs {', '.join(able)}, and {SWITCH} is {target!r}")
        target = target or able[0]
        source = getattr(library, f"seqzoo_source_{target}")
        source.restype = ctypes.c_char_p
        if _is_outdated(source().decode()):
            return State(None, f"{LIBRARY} was compiled from another core.cpp; `pip install .` builds it anew")
        functions = {name: _function(library, name, target) for name in _SIGNATURES}
        return State(Core(target, source().decode(), **functions))
    except (OSError, AttributeError) as error:
        return State(None, f"{LIBRARY} cannot be used: {error}")


def _is_outdated(source: str) -> bool:
    """Whether the sources that this module lies in hold another core.cpp: its functions may take other arguments."""
    return SOURCE.is_file() and hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16] != source


def _able(library: ctypes.CDLL) -> list[str]:
    """The targets of the library that this processor can run, the fastest first."""
    if not hasattr(library, "seqzoo_level_x86_64"):
        return ["aarch64"]
    highest = library.seqzoo_level_x86_64()
    return [target for level, target in _LEVELS.items() if level <= highest]


def _function(library: ctypes.CDLL, name: str, target: str) -> Any:
    function = getattr(library, f"seqzoo_{name}_{target}")
    function.restype, kinds = _SIGNATURES[name]
    function.argtypes = [_KINDS[kind] for kind in kinds]
    return function


def runs(cell: str, units: int, steps: int) -> bool:
    """Whether the core can run a cell of this size; True says nothing on whether there is a core."""
    return cell in CELLS and units <= MOST_UNITS and steps <= MOST_STEPS


class Tape(NamedTuple):
    """Memory for `Cell.taped` and `Cell.backward`, of one thread at a time. Fresh memory costs a page fault for each
    page, which takes longer than the arithmetic on it: keep a tape from step to step."""

    states: Float32Array
    scratch: Float32Array
    gradients: Float32Array


class _Place(threading.local):
    """Memory for one window of a thread, whose addresses are looked up only once: that takes a tenth of a call."""

    steps = 0

    def hold(self, cell: Cell, steps: int) -> None:
        """Make room for a window of so many steps, and list the arguments of `forward`."""
        self.window = np.empty((1, steps, cell.channels), np.float32)
        self.outputs = np.empty((1, cell.outputs), np.float32)
        memory = self.window.ctypes.data, self.outputs.ctypes.data
        self.arguments, self.steps = (cell._at, steps, 1, cell._weights, *memory, None, None), steps


class Cell:
    """A recurrent layer and the linear map of its last state. Safe to call from many threads at once.

    Args:
        core: see `find`.
        cell: "lstm", "gru" or "rnn".
        weights: weight_ih [G K, D], weight_hh [G K, K], bias_ih [G K], bias_hh [G K], head [H, K] and its bias [H],
            in float32 and PyTorch's order of gates.

    Raises:
        ValueError: the shapes of the weights do not belong together, or are not supported; also by each method that
            is given arrays of other shapes, since the core reads memory without a check.
    """

    def __init__(self, core: Core, cell: str, weights: list[Float32Array]) -> None:
        shapes = [array.shape for array in weights]
        outputs, units = weights[4].shape
        rows, channels = _GATES[cell] * units, weights[0].shape[1]
        if shapes != [(rows, channels), (rows, units), (rows,), (rows,), (outputs, units), (outputs,)]:
            raise ValueError(f"weights of shapes {shapes}")
        self.core, self.channels, self.units, self.outputs = core, channels, units, outputs
        self.states = STATES[cell]
        self._shape = _Shape(CELLS.index(cell), channels, units, outputs)
        self._at = ctypes.addressof(self._shape)
        if core.size(self._at, 0, 1, 1) < 0:
            raise ValueError(
                f"{channels} channels, {units} units and {outputs} outputs; the core takes from 1, and at most "
                f"{MOST_UNITS} units"
            )
        self._place = _Place()
        self._packed = room(core.size(self._at, 1, 1, 1))
        self._weights = self._packed.ctypes.data
        self.replace(weights)

    def replace(self, weights: list[Float32Array]) -> None:
        """Take other weights of the same shapes; no other call may run meanwhile."""
        self._shapes = [array.shape for array in weights]
        self._parameters = np.concatenate([np.ravel(array) for array in weights], dtype=np.float32)
        self.core.pack(self._at, self._parameters.ctypes.data, self._weights)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy holds the same weights; in another process, on the core that is there."""
        return _restored, (CELLS[self._shape.cell], self._shapes, self._parameters)

    def forward(self, windows: Float32Array) -> Float32Array:
        """The outputs [B, H] of windows [B, T, D]. Each row is the same bit for bit in any batch."""
        windows, rows, steps = self._read(windows)
        if rows == 1:
            place = self._place
            if place.steps != steps:
                place.hold(self, steps)
            place.window[:] = windows
            self.core.forward(*place.arguments)
            return place.outputs.copy()
        outputs = np.empty((rows, self.outputs), np.float32)
        scratch = room(self.core.size(self._at, 2, steps, rows))
        self.core.forward(
            self._at, steps, rows, self._weights, windows.ctypes.data, outputs.ctypes.data, None,
            scratch.ctypes.data,
        )  # fmt: skip
        return outputs

    def taped(self, windows: Float32Array, tape: Tape | None = None) -> tuple[Float32Array, Tape]:
        """The outputs [B, H] of windows [B, T, D], and what `backward` reads: a new tape, or the given one.

        Raises:
            ValueError: windows of another shape, or a tape of others.
        """
        windows, rows, steps = self._read(windows)
        tape = tape or self.tape(rows, steps)
        self._check(tape, rows, steps)
        outputs = np.empty((rows, self.outputs), np.float32)
        self.core.forward(
            self._at, steps, rows, self._weights, windows.ctypes.data, outputs.ctypes.data, tape.states.ctypes.data,
            tape.scratch.ctypes.data,
        )  # fmt: skip
        return outputs, tape

    def backward(
        self, windows: Float32Array, tape: Tape, slopes: Float32Array, of_windows: bool = False
    ) -> tuple[Float32Array, Float32Array | None]:
        """The gradients of all weights, one after another, and of the windows if asked.

        The first are in the tape's memory: its next use overwrites them.

        Args:
            slopes: [B, H] the gradients of the outputs.
        """
        windows, rows, steps = self._read(windows)
        slopes = np.ascontiguousarray(slopes, np.float32)
        if slopes.shape != (rows, self.outputs):
            raise ValueError(f"slopes of shape {slopes.shape} are not of these windows: [{rows}, {self.outputs}]")
        self._check(tape, rows, steps)
        back = np.empty_like(windows) if of_windows else None
        self.core.backward(
            self._at, steps, rows, self._weights, windows.ctypes.data, tape.states.ctypes.data, slopes.ctypes.data,
            tape.gradients.ctypes.data, None if back is None else back.ctypes.data, tape.scratch.ctypes.data,
        )  # fmt: skip
        return tape.gradients, back

    def tape(self, rows: int, steps: int) -> Tape:
        """The memory of a forward and backward pass through `rows` windows of `steps` steps."""
        return Tape(*map(room, self._sizes(rows, steps)))

    def _sizes(self, rows: int, steps: int) -> tuple[int, int, int]:
        """The floats of a tape's states, scratch and gradients."""
        parameters, forth, states, back = (self.core.size(self._at, what, steps, rows) for what in (0, 2, 3, 4))
        return states, max(forth, back), parameters

    def _check(self, tape: Tape, rows: int, steps: int) -> None:
        """Raises ValueError unless a tape has the sizes that these windows need."""
        if tuple(memory.size for memory in tape) != self._sizes(rows, steps):
            raise ValueError(f"a tape of {tape.states.size:,} states, not of these windows: {rows} of {steps} steps")

    def stepper(self) -> Stepper:
        """What reads one window step by step, with a state of its own."""
        return Stepper(self)

    def _read(self, windows: Float32Array) -> tuple[Float32Array, int, int]:
        """Windows [B, T, D] as the core reads them, B and T. Raises ValueError for another D, or no step."""
        windows = np.ascontiguousarray(windows, np.float32)
        if windows.ndim != 3 or windows.shape[2] != self.channels or not windows.shape[1]:
            raise ValueError(f"windows of shape {windows.shape}; expected [B, T, {self.channels}]")
        return windows, windows.shape[0], windows.shape[1]


class Stepper:
    """One window that is read step by step; its states begin at zero. Not to be shared by threads.

    All memory stays where it is, so that a step costs little more than the call.
    """

    def __init__(self, cell: Cell) -> None:
        self._cell, self._advance = cell, cell.core.step
        self._values = (ctypes.c_float * cell.channels)()
        self._outputs = np.zeros(cell.outputs, np.float32)
        self._states = np.zeros((2, len(cell.states), cell.units), np.float32)
        fixed, (one, other) = (cell._at, cell._weights, ctypes.addressof(self._values)), self._states
        self._kept, self._places = 0, [
            (*fixed, here.ctypes.data, there.ctypes.data, self._outputs.ctypes.data)
            for here, there in ((one, other), (other, one))
        ]  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy has its own states: `_places` are addresses, which must not be copied."""
        return _resumed, (self._cell, self._states[self._kept])

    def __deepcopy__(self, memo: object) -> Stepper:
        """The same, with the same cell."""
        return _resumed(self._cell, self._states[self._kept])

    def step(self, values: list[float]) -> Float32Array:
        """The outputs [H] after values [D]; `keep` lets the next step follow this one."""
        for channel, value in enumerate(values):
            self._values[channel] = value
        self._advance(*self._places[self._kept])
        return self._outputs.copy()

    def keep(self) -> None:
        """Let the next step begin with the states after the last one."""
        self._kept = 1 - self._kept

    @property
    def states(self) -> dict[str, NDArray[np.float64]]:
        """The states that the next step begins with, [K] each: h, and for an LSTM c."""
        return dict(zip(self._cell.states, self._states[self._kept].astype(np.float64), strict=True))

    def reset(self) -> None:
        """Set the states to zero."""
        self._states[:] = 0


def _restored(cell: str, shapes: list[tuple[int, ...]], parameters: Float32Array) -> Cell:
    """The cell of weights that were kept; raises MissingCoreError where this process has no core."""
    using = state()
    if using.core is None:
        raise MissingCoreError(using.why)
    bounds = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    parts = zip(np.split(parameters, bounds), shapes, strict=True)
    return Cell(using.core, cell, [part.reshape(shape) for part, shape in parts])


def _resumed(cell: Cell, states: Float32Array) -> Stepper:
    """A stepper whose next step begins with these states."""
    stepper = Stepper(cell)
    stepper._states[stepper._kept] = states
    return stepper


def room(size: int) -> Float32Array:
    """Memory for `size` floats that begins with a cache line."""
    memory = np.empty(size + _LINE, np.float32)
    first = -(memory.ctypes.data // 4) % _LINE
    return memory[first : first + size]
