"""The quality of forecasts and its uncertainty: metrics, scores, backtests, intervals, verdicts."""
