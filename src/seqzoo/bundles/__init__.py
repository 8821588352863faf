"""The bundle format: reading and writing bundles, trusting them, and finding them by name. No torch."""
