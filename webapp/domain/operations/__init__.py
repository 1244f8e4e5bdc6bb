"""For the operator: whether everything works, and what runs regularly."""
