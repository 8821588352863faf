"""How good a forecast is, and how sure that is: metrics, scores, backtests, intervals, verdicts."""
