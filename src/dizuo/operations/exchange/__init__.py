"""Cases as tables: brought in from other systems' files, and taken out as files."""
