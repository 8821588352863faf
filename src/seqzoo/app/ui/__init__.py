"""The parts that all pages share: the frame, controls, charts, error pages."""
