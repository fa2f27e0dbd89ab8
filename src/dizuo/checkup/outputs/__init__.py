"""What a checkup writes: report, maps, GeoPackage, tables and a one-page PDF."""
