"""From a trained module to a verified bundle: exported files, card, verification, reproduction."""
