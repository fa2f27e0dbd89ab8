"""Small frozen data classes that every room shares. No I/O here."""
