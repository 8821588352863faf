"""Writes the files of the collection from the packages that hold the series, and prints their SHA-256.

python tools/collection.py [--out FOLDER]   needs the development packages, see pyproject.toml
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from seqzoo.data.collection import COLLECTION, FOLDER, as_text


def rows(package: str, path: str) -> Iterator[dict[str, str]]:
    """The rows of a file of numbers that a package holds."""
    with (files(package) / path).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def column(package: str, path: str, name: str) -> list[float]:
    """The numbers of one column; an empty field is NaN."""
    return [float(row[name] or math.nan) for row in rows(package, path)]


def elnino() -> list[float]:
    """The months of all years, one after another."""
    months = [list(row.values())[1:] for row in rows("statsmodels.datasets.elnino", "elnino.csv")]
    return [float(value) for year in months for value in year]


def sf_temps() -> list[float]:
    """Every hour of 2010; the one that the file leaves out, where clocks were put forward, is NaN."""
    temperature = {
        datetime.strptime(row["date"], "%Y/%m/%d %H:%M:%S"): float(row["temp"])
        for row in rows("vega_datasets", "_data/sf-temps.csv")
    }
    hours = (datetime(2010, 1, 1) + timedelta(hours=hour) for hour in range(365 * 24))
    return [temperature.get(hour, math.nan) for hour in hours]


SHIPPED: dict[str, Callable[[], list[float]]] = {
    "co2": lambda: column("statsmodels.datasets.co2", "co2.csv", "co2"),
    "elnino": elnino,
    "nile": lambda: column("statsmodels.datasets.nile", "nile.csv", "volume"),
    "seattle_rain": lambda: column("vega_datasets", "_data/seattle-weather.csv", "precipitation"),
    "sf_temps": sf_temps,
    "sunspots": lambda: column("statsmodels.datasets.sunspots", "sunspots.csv", "SUNACTIVITY"),
    "us_employment": lambda: column("vega_datasets", "_data/us-employment.csv", "nonfarm"),
    "us_gdp": lambda: column("statsmodels.datasets.macrodata", "macrodata.csv", "realgdp"),
    # The first quarter has no change: the file states 0.
    "us_inflation": lambda: column("statsmodels.datasets.macrodata", "macrodata.csv", "infl")[1:],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files; by default the package's")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, values in SHIPPED.items():
        text = as_text(values())
        (out / f"{name}.csv").write_bytes(text)
        digest = hashlib.sha256(text).hexdigest()
        print(f"{name:15}{digest}{'' if digest == COLLECTION[name].sha256 else '  differs from the collection'}")


if __name__ == "__main__":
    main()
