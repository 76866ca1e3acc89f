"""`make proof`: what becomes of every change when the process dies, or Google fails, at any moment of it.

Not part of what is deployed. `cases` are the changes, `stage` serves the sandbox, `hooks` counts the moments and lets
things happen at one, `life` lets time pass, `invariants` judges, `defects` plants what has to be found.
"""
