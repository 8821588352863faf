"""The terms that the pages explain, with one sentence each. The app and the microscope read `_glossary.json`."""

from __future__ import annotations

import json
from pathlib import Path

TERMS: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""The meaning of each term, as plain text without markup."""
