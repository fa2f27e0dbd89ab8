"""Work on long series of numbers: states that follow them step by step."""
