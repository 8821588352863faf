"""What the app and the static site both show."""
