"""The film of a run: its averaged weights at up to forty moments of the training, one file each, for the microscope.

A training gives the same bits with and without it. Imports no torch.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ... import _storage
from ...errors import IntegrityError, UnknownNameError
from ...evaluation.sensitivity import LONGEST
from ...runtime.engines.numpy import CELLS
from ...training.spec import TrainingSpec

if TYPE_CHECKING:
    from torch import nn

    from ...training.loop import Progress

FOLDER = "film"  # of frames, in the folder of a run
FRAMES = 40
FEWEST = 8
LIMIT = 8 << 20  # bytes of all frames together
FRAME_LIMIT = LIMIT // FEWEST
_NAME = re.compile(r"(0|[1-9]\d{0,8})\.safetensors")


def schedule(steps: int, size: int) -> list[int]:
    """The steps at which the weights are recorded: 0, and from 1 on in even ratios to the last.

    Args:
        steps: of the whole training.
        size: of one frame in bytes.

    Returns:
        Up to FRAMES steps, ascending; none where FEWEST frames would be larger than LIMIT.
    """
    count = min(FRAMES, LIMIT // size) - 1
    if count < FEWEST - 1:
        return []
    return sorted({0, *(round(steps ** (at / (count - 1))) for at in range(count))})


def frames(folder: Path) -> list[int]:
    """The steps whose weights the folder of a run holds, ascending."""
    try:
        names = [_NAME.fullmatch(path.name) for path in (folder / FOLDER).iterdir()]
    except OSError:
        return []
    return sorted(int(name[1]) for name in names if name)


def read(folder: Path, step: int) -> bytes:
    """The safetensors file of the averaged weights after a step.

    Raises:
        UnknownNameError: the run has not recorded this step.
    """
    try:
        return _storage.read_file(_place(folder, step), FRAME_LIMIT)
    except IntegrityError:
        raise UnknownNameError("step of the film", str(step), map(str, frames(folder))) from None


class Recorder:
    """Records the film of a run in its folder. A run that continues goes on with its film.

    Networks without gates and states, and those that the microscope does not show, have no film.
    """

    def __init__(self, folder: Path, spec: TrainingSpec) -> None:
        self._folder, self._due = folder, frozenset[int]()
        if spec.architecture not in CELLS or spec.context_length > LONGEST:
            return
        from ...training.modules import initial

        module = initial(spec)
        size = len(_serialised(module))
        self._due = frozenset(schedule(spec.recipe.steps, size))
        self._record(0, module)

    def note(self, progress: Progress) -> None:
        """Record the weights after an update, if they are due."""
        self._record(progress.step, progress.module)

    def _record(self, step: int, module: nn.Module) -> None:
        place = _place(self._folder, step)
        if step not in self._due or place.exists():
            return
        with contextlib.suppress(OSError):  # a full disk ends the film, and the next checkpoint says so
            _storage.write_file(place, _serialised(module))


def _serialised(module: nn.Module) -> bytes:
    from safetensors.torch import save

    from ...publishing.build import weights_of

    return save(weights_of(module))


def _place(folder: Path, step: int) -> Path:
    return folder / FOLDER / f"{step}.safetensors"
