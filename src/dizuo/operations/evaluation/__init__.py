"""Evaluation: how well cases were settled, from the log alone, so that anybody can recompute it."""
