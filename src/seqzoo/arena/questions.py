"""The arena's questions: how each is answered from a folder of results, and where the committed ones are.

Results in the making are answered for as well: what is not there yet is left out.
"""

from __future__ import annotations

from pathlib import Path

from .committed import HERE
from .report.of_models import finding_of_off_distribution, finding_of_roll_out, finding_of_time_against_picture
from .report.of_trainings import finding_of_one_step, finding_of_sample_efficiency

ANSWERS = {
    "one-step": finding_of_one_step,
    "roll-out": finding_of_roll_out,
    "off-distribution": finding_of_off_distribution,
    "time-against-picture": finding_of_time_against_picture,
    "sample-efficiency": finding_of_sample_efficiency,
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
