"""The HTTP doors of a city."""
