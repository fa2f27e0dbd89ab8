"""The rule book: every threshold, with its source and its dates."""
