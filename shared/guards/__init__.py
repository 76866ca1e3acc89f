"""What stands in the way at this moment: switches, budgets, breakers, probing callers, age. Pure."""
