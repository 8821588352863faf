"""From a bundle to predictions: lazily loaded, validated, on the engine of your choice."""

from ..bundle import ENGINES
from .closed_form import ClosedForm
from .engines import Engine
from .predictor import Predictor, load
from .reference import Trace
from .stream import Stream

__all__ = ["ENGINES", "ClosedForm", "Engine", "Predictor", "Stream", "Trace", "load"]
