"""Which area a point lies in, and lattices of points over areas."""
