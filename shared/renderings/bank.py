"""Many patterns over one text in one linear pass (RE2), loaded with the first text and not before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


class Bank:
    """A list of RE2 patterns, looked for together; only those that occur are then looked at one by one."""

    def __init__(self, patterns: Sequence[str]) -> None:
        import re2

        self._options: Any = re2.Options()
        self._options.dot_nl = True
        self._options.log_errors = False
        self._compile: Any = re2.compile
        self._patterns = patterns
        self._single: dict[int, Any] = {}
        self._set: Any = re2.Set.SearchSet(self._options)
        for pattern in patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def hits(self, text: str) -> list[int]:
        """The numbers of the patterns that occur in the text."""
        return self._set.Match(text) or []

    def first(self, at: int, text: str) -> Any:
        """The first match of one pattern, None if there is none."""
        return self._one(at).search(text)

    def every(self, at: int, text: str, most: int) -> Iterator[Any]:
        """The matches of one pattern from the left, at most so many."""
        for match, _ in zip(self._one(at).finditer(text), range(most), strict=False):
            yield match

    def _one(self, at: int) -> Any:
        if at not in self._single:
            self._single[at] = self._compile(self._patterns[at], self._options)
        return self._single[at]
