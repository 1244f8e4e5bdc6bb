"""Members: what they may do, how they leave, and how an organization gets its first one."""
