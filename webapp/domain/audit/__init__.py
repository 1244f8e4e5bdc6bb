"""Reading the trail of events: as a table, as a file, and against its seals."""
