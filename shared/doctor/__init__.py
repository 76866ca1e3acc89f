"""Pure checks of a deployment: what is well, what is wrong and how to mend it, and what could not be told."""
