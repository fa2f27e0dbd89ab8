"""Article 15: work safety."""
