"""Article 1: city clusters and the system of cities."""
