"""Booking of shared public services: slots that a city offers, and seats that are held in them."""
