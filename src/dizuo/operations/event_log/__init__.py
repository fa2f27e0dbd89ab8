"""The event log: what was acknowledged is kept, in order, and cannot be changed unseen."""
