"""Questions to people: who counts, what their votes come to, when a machine may be interrupted. Pure."""
