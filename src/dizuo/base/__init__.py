"""Sources to layers: readers, schemas, store, lineage."""
