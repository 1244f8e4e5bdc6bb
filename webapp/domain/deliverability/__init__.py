"""Who may be mailed, what became of each mail, and the state of an organization's mail."""
