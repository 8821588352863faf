"""What a window may be and how its address holds it. The app and the modules of pages read `_window.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

FIRST_SEED: int = _FILE["first_seed"]
DRAWS: int = _FILE["draws"]
"""The number of windows to choose from; a hold-out may have many."""
LEAST_NOISE: float = _FILE["least_noise"]
"""With less noise the Bayes forecast bends too sharply for a difference quotient."""
DIGITS: int = _FILE["digits"]
"""The decimals of an address where the largest value is from 1 to 10; one fewer for each power of ten."""
LONGEST: int = _FILE["longest"]
"""The most characters of one number."""
LARGEST: float = _FILE["largest"]
"""The largest float32."""
MOST_CHARACTERS: int = _FILE["most_characters"]
"""The most characters of a pasted text."""
