"""The written policy: read closed, compiled, and asked what it says of one step of a plan. Pure but for reading it."""
