"""The ways clients print a refused call: folded text, key and value pairs, JSON bodies, serialized status details."""
