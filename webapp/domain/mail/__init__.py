"""Mails as rows: their kinds, and how each is queued in the transaction that causes it."""
