"""Signals: what devices observe, the alarms that rules make of it, and the air quality index."""
