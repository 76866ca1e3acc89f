"""x"""
DEFECTS: dict[str, object] = {}
