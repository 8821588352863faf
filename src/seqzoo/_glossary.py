"""The terms that pages explain, a sentence each: the app and the microscope read `_glossary.json`."""

from __future__ import annotations

import json
from pathlib import Path

TERMS: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""What each term means; plain text without markup."""
