"""What every page is built from: the frame, controls, charts, messages."""
