"""Measures of built form."""
