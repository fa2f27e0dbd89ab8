"""Article 18: history and heritage."""
