"""OGC SensorThings API 1.1: things and what they observe, to read and to create."""
