"""The bundle format: reading and writing it, which bundles are trusted, where they are found. No torch."""
