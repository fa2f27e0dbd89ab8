"""Exact distances and times on street graphs."""
