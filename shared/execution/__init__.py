"""How an approved plan becomes effects: what a journal says, and what a step may do next. Values only."""
