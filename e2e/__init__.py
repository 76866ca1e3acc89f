"""The whole loop as production runs it, on this machine: from a published entry to the proof, and through 200 kills.

`docs/e2e.md` tells what is real here and what stands in for what.
"""
