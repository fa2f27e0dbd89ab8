"""Article 13: parks, greenways, water and trees."""
