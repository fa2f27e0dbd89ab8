"""What articles ask for, built from layers once."""
