"""Endpoints of multi-step forecasts with intervals, and of the gates and states of a model over a window."""

from __future__ import annotations

from typing import Any

import numpy as np
from anyio import to_thread
from fastapi import FastAPI, Request
from starlette.responses import Response

from ..data.windows import last_window
from ..evaluation import intervals
from ..forecasters.protocol import has_bundle
from ..runtime import intervals as of_bundle
from .answers import answer
from .schemas import ERRORS, ForecastRequest, Name, TraceRequest
from .shared import Shared


def enter(application: FastAPI, shared: Shared) -> None:
    """Add the endpoints to an application."""

    @application.post("/api/models/{name}/forecast", tags=["forecasts"], responses=ERRORS)
    async def forecast(request: Request, name: Name, asked: ForecastRequest) -> Response:
        """Forecast many steps: directly up to the model's own horizon, and by feeding forecasts back beyond it."""
        request.scope["kind"] = "forecast"
        model = await shared.model(name)

        def work() -> dict[str, Any]:
            ahead = model.forecast(asked.context, asked.horizon, asked.known)
            outside = model.outside(last_window(asked.context, model.context_length, model.channels))
            facts: dict[str, Any] = {"model": name, "forecast": ahead[0].tolist()}
            facts["outside_training"] = outside and outside.facts()
            facts["method"] = "direct" if asked.horizon <= model.reach else "recursive"
            if asked.level is not None and of_bundle.facts_of(model) is not None and has_bundle(model):
                steps = np.array(asked.context, np.float64).reshape(len(asked.context), -1)  # [T, D]
                history, beside = steps[:, 0], steps[:, 1:] if steps.shape[1] > 1 else None
                begin = of_bundle.after_calibration(model, history, None)
                known = of_bundle.around(
                    model, ahead[0], [asked.level], history=history, begin=begin, known=beside
                )
                (band,) = known.levels
                facts |= {"level": band.level, "lower": band.lower.tolist(), "upper": band.upper.tolist(),
                          "interval_method": known.method}  # fmt: skip
            elif asked.level is not None:
                interval = intervals.calibrate_on_signal(
                    lambda windows: model.forecast(windows, asked.horizon),
                    model.signal,
                    model.context_length,
                    asked.horizon,
                    asked.level,
                )
                lower, upper = interval.around(ahead)
                facts |= {"level": asked.level, "lower": lower[0].tolist(), "upper": upper[0].tolist()}
            return facts

        return answer(await shared.heavy(work))

    @application.post("/api/models/{name}/trace", tags=["forecasts"], responses=ERRORS)
    async def trace(request: Request, name: Name, asked: TraceRequest) -> Response:
        """Return every gate and state of a recurrent model over one window, by name: [L, K] each."""
        request.scope["kind"] = "trace"
        predictor = shared.bundle_of(name, await shared.model(name))
        traced = await to_thread.run_sync(predictor.trace, asked.window)
        steps = {key: np.ascontiguousarray(value[0]) for key, value in traced.steps.items()}
        outside = predictor.outside(asked.window)
        return answer({"model": name, "steps": steps, "forecast": traced.forecast[0],
                       "outside_training": outside and outside.facts()})
