"""Article 20: culture and sport for all."""
