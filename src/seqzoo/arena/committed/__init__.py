"""The results of the arena that the package ships: a folder of JSON for each experiment and signal."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
