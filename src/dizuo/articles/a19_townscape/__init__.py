"""Article 19: townscape and form."""
