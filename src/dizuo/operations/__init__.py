"""The city runs: what happens becomes a case, and is settled, checked and told honestly."""
