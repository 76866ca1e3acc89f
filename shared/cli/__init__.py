"""The command `unforbid`, one file a command; the only code that draws for people."""
