"""From a trained module to a proven bundle: exported files, card, verification, reproduction."""
