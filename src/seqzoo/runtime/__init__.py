"""From a bundle to predictions: lazily loaded, validated, on the engine of your choice."""

from .engines import ENGINES, Engine
from .predictor import Predictor, load
from .reference import Trace

__all__ = ["ENGINES", "Engine", "Predictor", "Trace", "load"]
