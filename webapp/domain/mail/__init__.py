"""Mail as rows: which kinds there are, and queueing one in the transaction that causes it."""
