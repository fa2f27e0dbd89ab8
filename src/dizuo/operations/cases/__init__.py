"""Cases: what happened at a place and must be settled, by states that are data."""
