"""Examine a city, from homes to city clusters, on one digital base."""
