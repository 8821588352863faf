"""Presents results of the arena: findings, tables and figures."""
