"""What is kept about a person: copies of it, and erasing it."""
