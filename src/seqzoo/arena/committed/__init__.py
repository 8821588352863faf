"""What the arena found, as the package ships it: a folder of JSON for each experiment, and the command behind it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent

COMMANDS = {
    "sine": "seqzoo arena --signal sine --budget 1000 --budget 20000 --budget endless --seeds 5 --windows 128000",
    "recall": "seqzoo arena --signal recall --budget endless --seeds 5 --windows 128000",
    "sine_any": "seqzoo arena --signal sine_any --budget endless --seeds 5 --windows 128000",
    "roll-out": "seqzoo roll-out --windows 5000",
    "off-distribution": "seqzoo off-distribution --windows 5000",
    "time-against-picture": "seqzoo time-against-picture --seeds 4",
    "sample-efficiency": "seqzoo sample-efficiency --signal sine --seeds 2 --windows 64000",
}
