"""A plausible day of a city, made up: for demonstrations and load, never for an evaluation."""
