"""One package an article of the Opinions."""
