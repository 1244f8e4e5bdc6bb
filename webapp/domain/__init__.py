"""The rules, in rooms; each room may use those below it (import-linter, in pyproject.toml).

A public verb is one transaction: lock, load, refuse, write, record the event, say what to do
after commit. It takes the organization first and the actor as `by=`.
"""
