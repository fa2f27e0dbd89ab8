"""Article 17: disaster prevention, shelters and rescue."""
