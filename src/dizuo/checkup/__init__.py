"""Examine a base: compute, judge, find, score, compare, report."""
