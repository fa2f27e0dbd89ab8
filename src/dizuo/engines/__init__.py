"""Heavy work on arrays and graphs. Knows no article, no city, no file."""
