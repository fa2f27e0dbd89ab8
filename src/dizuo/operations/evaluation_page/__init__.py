"""An evaluation as a page for people: what happened, how it was handled, what was seen."""
