"""Article 22: fine-grained management of streets and public space."""
