"""The arena's questions: how each is answered from a folder of results, and where the committed ones are.

Results in the making are answered for as well: what is not there yet is left out.
"""

from __future__ import annotations

from pathlib import Path

from .committed import HERE
from .contest_answers import one_step, sample_efficiency
from .model_answers import off_distribution, roll_out, time_against_picture

ANSWERS = {
    "one-step": one_step,
    "roll-out": roll_out,
    "off-distribution": off_distribution,
    "time-against-picture": time_against_picture,
    "sample-efficiency": sample_efficiency,
}
"""By question: from a folder, a part and the models chosen, of which none means all."""

FOLDERS = {
    "one-step": ("sine", "recall", "sine_any"),
    "roll-out": ("roll-out",),
    "off-distribution": ("off-distribution",),
    "time-against-picture": ("time-against-picture",),
    "sample-efficiency": ("sample-efficiency",),
}


def committed(question: str) -> dict[str, Path]:
    """The folders of committed results of a question, by name; one step has one for each signal."""
    return {name: HERE / name for name in FOLDERS[question] if any((HERE / name).glob("*.json"))}
