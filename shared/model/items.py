"""What the names of items in the queue begin with; a name that begins with none of these is a fix."""

from __future__ import annotations

ENDS = "end:"
"""The end of the grants of a fix."""
ASKED = "a-"
"""A question to people, named by its id."""
FOLLOWED = "run:"
"""A run whose decision is to be followed up."""
SHOWN = "show:"
"""A run that is to be shown again."""
COMPARED = "compare:"
"""A day whose changes are compared with Google's audit log, named by its date."""
ERRANDS = (ASKED, FOLLOWED, SHOWN, COMPARED)
"""What is no fix, and needs no identity that may change anything."""
