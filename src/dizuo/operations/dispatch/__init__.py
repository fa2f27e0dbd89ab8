"""Who must settle a case: dispatch rules as a table, proved before it is published."""
