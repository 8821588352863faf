"""Results of the arena for people: findings, tables, figures, one page."""
