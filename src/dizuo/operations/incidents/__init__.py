"""Incidents: graded, handled by plans of tasks with owners and clocks, and reported on after."""
