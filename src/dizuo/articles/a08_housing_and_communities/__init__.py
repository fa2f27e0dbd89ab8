"""Article 8: good homes, complete communities, living circles."""
