"""Article 10: public services for all."""
