"""What articles ask for, built from layers once, and wired by name."""
