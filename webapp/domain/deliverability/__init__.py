"""Who may be mailed, what became of each mail, and how an organization's mail fares."""
