"""Legal clocks: by when something must be settled, and how much of the time has run."""
