"""Article 14: safety of buildings and utilities."""
