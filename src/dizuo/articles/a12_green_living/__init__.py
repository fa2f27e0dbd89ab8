"""Article 12: green and low-carbon living."""
