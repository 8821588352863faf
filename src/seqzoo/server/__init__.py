"""The zoo over HTTP: the Open Inference Protocol, a control API, health and metrics."""
