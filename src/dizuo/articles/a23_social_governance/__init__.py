"""Article 23: social governance."""
