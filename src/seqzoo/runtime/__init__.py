"""From a bundle to predictions: lazily loaded, validated, on the engine of your choice."""

from ..bundle import ENGINES
from .engines import Engine
from .predictor import Predictor, load
from .reference import Trace

__all__ = ["ENGINES", "Engine", "Predictor", "Trace", "load"]
