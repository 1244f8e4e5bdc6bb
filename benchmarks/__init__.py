"""What Gatehouse does, timed against the floor that it stands on: `make bench`."""
