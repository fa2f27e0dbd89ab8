"""Article 21: how the city is managed."""
