"""What an operator may set for the gate; part of the settings, and read with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

OBSERVE, ENFORCE = MODES = ("observe", "enforce")
KEPT = ".unforbid/policy"
SHORTEST_KEY = 32
GATE = {
    "UNFORBID_MODE": "enforce: what rules permit is done; observe, the default: it is told, and nothing is changed",
    "UNFORBID_POLICY": "path of the policy, as YAML or compiled; default: there is none, and nothing is permitted",
    "UNFORBID_POLICY_KEPT": f"folder in which good versions of it are remembered, if not in Firestore; default {KEPT}",
    "UNFORBID_DOMAINS": "domains whose people may decide, separated by commas; default none, which means nobody",
    "UNFORBID_IDENTITIES": "our own service accounts, separated by commas: their denials are never planned",
    "UNFORBID_WEBHOOK_KEYS": "keys of at least 32 characters, separated by commas, with which another system signs "
    "votes; for approve and execute; default none: no vote comes that way",
    "UNFORBID_PROTECTED": "full resource names, separated by commas, that never change, nor anything under them",
}


class GateSettings(Struct, frozen=True, kw_only=True):
    """The settings of one process for the gate."""

    enforcing: bool = False
    policy: Path | None = None
    kept: Path = Path(KEPT)
    domains: tuple[str, ...] = ()
    identities: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    webhook_keys: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        """Which are set, and nothing that is secret."""
        return f"GateSettings(enforcing={self.enforcing}, policy={self.policy}, webhook_keys={len(self.webhook_keys)})"


def gate_settings(environment: Mapping[str, str]) -> GateSettings:
    """The settings for the gate in an environment; whether they can be used, `gate_problems` says."""
    policy = environment.get("UNFORBID_POLICY", "")
    return GateSettings(
        enforcing=environment.get("UNFORBID_MODE", OBSERVE) == ENFORCE,
        policy=Path(policy) if policy else None,
        kept=Path(environment.get("UNFORBID_POLICY_KEPT", KEPT)),
        domains=_listed(environment, "UNFORBID_DOMAINS"),
        identities=frozenset(_listed(environment, "UNFORBID_IDENTITIES")),
        protected=_listed(environment, "UNFORBID_PROTECTED"),
        webhook_keys=tuple(one.encode() for one in _listed(environment, "UNFORBID_WEBHOOK_KEYS")),
    )


def gate_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings for the gate."""
    mode = environment.get("UNFORBID_MODE", OBSERVE)
    if mode not in MODES:
        yield f"UNFORBID_MODE must be one of {', '.join(MODES)}, not {mode!r}"
    if mode == ENFORCE and not environment.get("UNFORBID_POLICY"):
        yield "UNFORBID_POLICY must name a file where UNFORBID_MODE is enforce: without rules nothing is permitted"
    for domain in _listed(environment, "UNFORBID_DOMAINS"):
        if "@" in domain or "*" in domain or "." not in domain or not domain.isascii():
            yield f"UNFORBID_DOMAINS must be domains such as example.com, not {domain!r}"
    for email in sorted(_listed(environment, "UNFORBID_IDENTITIES")):
        if not email.endswith(".gserviceaccount.com"):
            yield f"UNFORBID_IDENTITIES must be e-mails of service accounts, not {email!r}"
    if any(len(one.encode()) < SHORTEST_KEY for one in _listed(environment, "UNFORBID_WEBHOOK_KEYS")):
        yield f"UNFORBID_WEBHOOK_KEYS must be keys of at least {SHORTEST_KEY} characters each"
    for name in _listed(environment, "UNFORBID_PROTECTED"):
        if not name.startswith("//"):
            yield f"UNFORBID_PROTECTED must be full resource names, which begin with //, not {name!r}"


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in environment.get(name, "").split(",") if one.strip())
