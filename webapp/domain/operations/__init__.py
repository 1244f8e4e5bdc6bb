"""For the operator: whether everything works, and what time brings about."""
