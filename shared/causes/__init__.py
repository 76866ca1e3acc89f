"""Everything a 403 can mean, one file each: `CAUSE = Cause(...)`. The folder is scanned; an id names its file.

Looking up is by index: a machine-readable reason, a mark or a permission leads straight to its cause. `listen` finds
the sentence forms of all causes in a text in one pass of a linear-time engine (RE2), loaded with the first text.
"""

from __future__ import annotations

from functools import cache

from shared.folder import members
from shared.model.denial import Heard
from shared.model.diagnosis import Cause, Sentence
from shared.renderings.bank import Bank


def _scan() -> dict[str, Cause]:
    found: dict[str, Cause] = {}
    for name, module in members(__name__, __path__).items():
        cause: Cause = module.CAUSE
        if cause.id.replace(".", "_") != name:
            raise ImportError(f"cause {cause.id!r} in {name}: an id names its file")
        found[cause.id] = cause
    return found


def _index(field: str) -> dict[str, Cause]:
    return {key: cause for cause in CAUSES.values() for key in getattr(cause, field)}


CAUSES = _scan()
BY_ERROR = _index("errors")
BY_LEGACY = _index("legacy")
BY_VIOLATION = _index("violations")
BY_MARK = _index("marks")
_EXACT = {name: cause for name, cause in _index("permissions").items() if not name.endswith("*")}
_PREFIXES: dict[str, list[tuple[str, Cause]]] = {}
for _name, _cause in sorted(_index("permissions").items(), key=lambda pair: -len(pair[0])):
    if _name.endswith("*"):
        _PREFIXES.setdefault(_name.partition(".")[0], []).append((_name[:-1], _cause))


def by_permission(permission: str) -> Cause | None:
    """The cause that owns refusals of a permission: an exact entry first, then the longest prefix."""
    if exact := _EXACT.get(permission):
        return exact
    for prefix, cause in _PREFIXES.get(permission.partition(".")[0], ()):
        if permission.startswith(prefix):
            return cause
    return None


class _Ear:
    """The sentence forms of all causes, listened for together."""

    def __init__(self) -> None:
        self._known = [(cause, one) for cause in CAUSES.values() for one in (*cause.sentences, *_tokens(cause))]
        self._bank = Bank([f"(?i){sentence.pattern}" for _, sentence in self._known])

    def hear(self, text: str) -> tuple[Heard, ...]:
        found = []
        for at in self._bank.hits(text):
            cause, sentence = self._known[at]
            match = self._bank.first(at, text)
            hedged = any(word in text[max(0, match.start() - HEDGE) : match.end()].lower() for word in HEDGES)
            groups = {name.rstrip("_"): value for name, value in match.groupdict().items() if value}
            if sentence.implies:
                groups.setdefault("service" if sentence.implies.endswith(".com") else "permission", sentence.implies)
            heard = Heard(
                cause.id,
                sentence.weight,
                sentence.refusal and not hedged,
                sentence.anyones,
                groups,
                match.group()[:300],
            )
            found.append(((-sentence.weight, cause.order, at), heard))
        return tuple(heard for _, heard in sorted(found, key=lambda pair: pair[0]))


HEDGE = 40
HEDGES = (
    "might receive",
    "may receive",
    "might see",
    "may see",
    "might get",
    "may get",
    "might fail",
    "may fail",
    "could cause",
)
"""A sentence shortly behind one of these only says what could happen."""
TOO_WIDE = ("IAM_PERMISSION_DENIED", "ERROR_REASON_UNSPECIFIED")


def _tokens(cause: Cause) -> tuple[Sentence, ...]:
    """Reasons that clients print bare: `googleapi: Error 403: ..., accessNotConfigured`, `Reason: SERVICE_DISABLED`.

    Those of old error bodies are words that other vendors' APIs print as well.
    """
    told = [(reason, True) for reason in cause.legacy] + [(reason, False) for reason in cause.errors]
    bare = [(reason, old) for reason, old in told if reason.lower() != reason and reason not in TOO_WIDE]
    return tuple(Sentence(rf"(?-i:\b{reason}\b)", weight=3, anyones=old) for reason, old in bare)


@cache
def _ear() -> _Ear:
    return _Ear()


def listen(text: str) -> tuple[Heard, ...]:
    """Every sentence of the domain in a folded text, strongest first."""
    return _ear().hear(text)
