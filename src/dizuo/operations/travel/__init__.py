"""Orderly travel: which streets are closed when, what that lengthens, and what to use instead."""
