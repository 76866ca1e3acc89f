"""IAM Credentials: tokens and signatures of service accounts, directly or through a chain of delegates.

Each link of a chain is checked for whoever stands before it: `implicitDelegation` on every delegate, and the permission
of the method on the account itself (IAM documentation, "Create short-lived credentials for multiple service accounts").
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from sandbox.access import Asked, read_access
from sandbox.accounts import DELETED, HOST
from sandbox.caller import Caller
from sandbox.clock import stamp
from sandbox.door import Answer, Call, Door, Kind
from sandbox.errors import Refusal, invalid
from sandbox.services.iam import find_account
from sandbox.world import Json, Resource, World

API = "iamcredentials.v1"
TITLE = "IAM Service Account Credentials API"
RPC = "google.iam.credentials.v1.IAMCredentials"
HOUR = timedelta(hours=1)
LONGEST_JWT = timedelta(hours=12)
IMPLICIT = "iam.serviceAccounts.implicitDelegation"
Link = tuple[Caller, str, str]
"""Who needs which permission on which account, by its full name."""


def _link(world: World, call: Call, permission: str) -> Link:
    """The link that decides a call: the first that does not hold, else the last."""
    before, links = call.caller, []
    for delegate in call.body.get("delegates", ()):
        account = find_account(world, delegate)
        links.append((before, IMPLICIT, f"{HOST}/{account.body['name'] if account else delegate}"))
        before = Caller(member=f"serviceAccount:{account.body['email']}", email="") if account else before
    links.append((before, permission, _target_name(world, call)))
    return next((link for link in links if not _holds(world, link)), links[-1])


def _holds(world: World, link: Link) -> bool:
    caller, permission, account = link
    return caller.is_reader or read_access(world, Asked(caller.member, permission, account, world.now())).allowed


def _target_name(world: World, call: Call) -> str:
    account = find_account(world, call["name"]) or find_account(world, call["name"], DELETED)
    return f"{HOST}/{account.body['name'] if account else call['name']}"


def _needs(world: World, call: Call, permission: str) -> str:
    """What is checked: nothing for an address that never was, which is told at once."""
    known = find_account(world, call["name"]) or find_account(world, call["name"], DELETED)
    return _link(world, call, permission)[1] if known else ""


def _target(world: World, call: Call) -> Resource:
    """The account that is to be impersonated: enabled, and addressed without its project.

    A deleted account looks like a missing permission, an address that never was is NOT_FOUND (so seen in logs of the
    GKE metadata server); what exactly is said of a disabled one stands in no document (serviceAccounts.disable:
    "requests for new access tokens will fail").
    """
    for path in (call["name"], *call.body.get("delegates", ())):
        if not path.startswith("projects/-/serviceAccounts/"):
            raise invalid(f"Resource name {path!r} must be of the form projects/-/serviceAccounts/ACCOUNT.")
    account = find_account(world, call["name"])
    if account is None:
        raise Refusal("NOT_FOUND", f"Not found; Gaia id not found for email {call['name'].rpartition('/')[2]}")
    for one in (account, *_delegates(world, call)):
        if one.body.get("disabled"):
            raise Refusal("FAILED_PRECONDITION", f"Service account {one.body['email']} is disabled.")
    return account


def _delegates(world: World, call: Call) -> list[Resource]:
    found = [find_account(world, one) for one in call.body.get("delegates", ())]
    return [one for one in found if one is not None]


def _access_token(world: World, call: Call) -> Json:
    account = _target(world, call)
    scopes = call.body.get("scope", [])
    lifetime = _lifetime(call.body.get("lifetime", "3600s"))
    if not scopes:
        raise invalid("At least one scope is required.")
    if not timedelta() < lifetime <= HOUR:
        raise invalid("The token lifetime must be at most 3600 seconds for this service account.")
    until = world.now() + lifetime
    token = f"ya29.c.{sha256(f'{account.name} {len(world.tokens)} {until}'.encode()).hexdigest()}"
    through = [*call.caller.through, call.caller.email or call.caller.member]
    through += [one.body["email"] for one in _delegates(world, call)]
    world.tokens[token] = {
        "email": account.body["email"],
        "unique_id": account.body["uniqueId"],
        "scopes": scopes,
        "until": until.isoformat(),
        "through": through,
    }
    return {"accessToken": token, "expireTime": stamp(until)}


def _lifetime(text: str) -> timedelta:
    try:
        return timedelta(seconds=float(text.removesuffix("s")))
    except (ValueError, OverflowError) as error:
        raise invalid(f"{text!r} is not a duration.") from error


def _id_token(world: World, call: Call) -> Json:
    account, body, now = _target(world, call).body, call.body, world.now()
    if not body.get("audience"):
        raise invalid("An audience is required.")
    claims: Json = {
        "iss": "https://accounts.google.com",
        "aud": body["audience"],
        "azp": account["email"],
        "sub": account["uniqueId"],
        "iat": int(now.timestamp()),
        "exp": int((now + HOUR).timestamp()),
    }
    if body.get("includeEmail"):
        claims |= {"email": account["email"], "email_verified": True}
    if body.get("organizationNumberIncluded"):
        claims["google"] = {"organization_number": int(world.organization)}
    return {"token": _signed(account, json.dumps(claims))}


def _sign_blob(world: World, call: Call) -> Json:
    account = _target(world, call).body
    try:
        payload = base64.b64decode(call.body.get("payload", ""), validate=True)
    except ValueError as error:
        raise invalid("The payload is not base64.") from error
    return {"keyId": _key_of(account), "signedBlob": base64.b64encode(_signature(account, payload)).decode()}


def _sign_jwt(world: World, call: Call) -> Json:
    account, payload = _target(world, call).body, call.body.get("payload", "")
    try:
        claims = json.loads(payload)
    except ValueError as error:
        raise invalid("The payload is not JSON.") from error
    if not isinstance(claims, dict):
        raise invalid("The payload is not a JSON object.")
    _check_expiry(claims.get("exp"), world.now())
    return {"keyId": _key_of(account), "signedJwt": _signed(account, payload)}


def _check_expiry(expires: Any, now: datetime) -> None:
    if expires is None:
        return
    latest = (now + LONGEST_JWT).timestamp()
    if not isinstance(expires, int) or not now.timestamp() <= expires <= latest:
        raise invalid("The claim exp must be an integer timestamp, not in the past and at most 12 hours ahead.")


def _signed(account: Json, claims: str) -> str:
    """A JWT with a signature that only this sandbox makes."""
    header = json.dumps({"alg": "RS256", "kid": _key_of(account), "typ": "JWT"})
    signed = b".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (header, claims))
    return b".".join((signed, base64.urlsafe_b64encode(_signature(account, signed)).rstrip(b"="))).decode()


def _signature(account: Json, data: bytes) -> bytes:
    return sha256(account["uniqueId"].encode() + data).digest()


def _key_of(account: Json) -> str:
    return sha256(account["uniqueId"].encode()).hexdigest()[:40]


def _entry(world: World, call: Call, entry: Json) -> Json:
    """The audit entry as this API writes it: the target by its unique id, without a resource per permission."""
    payload = dict(entry["protoPayload"])
    verb = payload["methodName"].rpartition(".")[2]
    payload["methodName"] = verb
    payload["authorizationInfo"] = [
        {key: value for key, value in one.items() if key != "resource"} for one in payload["authorizationInfo"]
    ]
    payload["request"] = {"@type": f"type.googleapis.com/google.iam.credentials.v1.{verb}Request", "name": call["name"]}
    payload["metadata"] = {"identityDelegationChain": [*call.body.get("delegates", ()), call["name"]]}
    account = find_account(world, call["name"]) or find_account(world, call["name"], DELETED)
    if account is None:
        return {**entry, "protoPayload": payload}
    email, unique = account.body["email"], account.body["uniqueId"]
    payload["resourceName"] = f"projects/-/serviceAccounts/{unique}"
    labels = {"project_id": account.project, "email_id": email, "unique_id": unique}
    return {
        **entry,
        "logName": f"projects/{account.project}/logs/{entry['logName'].rpartition('/')[2]}",
        "resource": {"type": "service_account", "labels": labels},
        "protoPayload": payload,
    }


def _door(method: str, permission: str, answer: Answer) -> Door:
    whole = f"iam.serviceAccounts.{permission}"
    return Door(
        id=f"iamcredentials.projects.serviceAccounts.{method}",
        rpc=f"{RPC}.{method[0].upper()}{method[1:]}",
        permission=partial(_needs, permission=whole),
        on=lambda world, call: _link(world, call, whole)[2],
        asked_of=lambda world, call: _link(world, call, whole)[0],
        answer=answer,
        kind=Kind.DATA_READ,
        title=TITLE,
        by_resource=False,
        entry=_entry,
    )


DOORS = [
    _door("generateAccessToken", "getAccessToken", _access_token),
    _door("generateIdToken", "getOpenIdToken", _id_token),
    _door("signBlob", "signBlob", _sign_blob),
    _door("signJwt", "signJwt", _sign_jwt),
]
