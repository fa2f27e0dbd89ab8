"""Exact travel times by timetable: rides, walks between them, and the wait that is left."""
