"""Runs work in other processes: tasks of experiments, and training runs that continue when a page closes."""
