"""Which addresses can be mailed, the outcome of each mail, and an organization's mail health."""
