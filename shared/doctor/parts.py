"""The parts behind the input: who may call functions, secrets and who reads them, Slack, the policy, the databases."""

from __future__ import annotations

from collections.abc import Iterator

from shared.doctor.expected import APPROVE, DETECT
from shared.doctor.finding import Finding, apply, fine, untold, wrong
from shared.doctor.held import EVERYBODY
from shared.model.deployment import Deployment, Untold
from shared.model.facts import Policy

FUNCTIONS, SECRETS, SLACK, POLICY, STORE = "functions", "secrets", "slack", "policy", "store"
INVOKER, ACCESSOR = "roles/run.invoker", "roles/secretmanager.secretAccessor"
BY_HAND = "gcloud secrets versions add {name} --project={project} --data-file=-"


def function_checks(deployment: Deployment) -> Iterator[Finding]:
    """Every function is there, runs as its own account, and lets in its one caller alone."""
    place = deployment.place
    if isinstance(deployment.functions, Untold):
        yield untold(FUNCTIONS, "which functions are there", deployment.functions)
        return
    if DETECT not in deployment.named:
        mend = apply(place, 'google_cloudfunctions2_function.function["detect"]')
        yield wrong(
            FUNCTIONS, f"there is no function {place.name}-detect in {place.region}: nothing is explained", mend
        )
    for function in deployment.functions:
        address = f'google_cloudfunctions2_function.function["{function.name}"]'
        if function.account != place.account(function.name):
            said = f"{function.name} runs as {function.account}, which is not its own account"
            yield wrong(FUNCTIONS, said, apply(place, address))
        if function.unchecked:
            said = f"{function.name} lets everybody in: Cloud Run is told to check no caller"
            yield wrong(FUNCTIONS, said, f"gcloud run services update {place.name}-{function.name} --invoker-iam-check")
        yield from _callers(deployment, function.name)


def _callers(deployment: Deployment, function: str) -> Iterator[Finding]:
    """Slack has no identity here, so `approve` is open and verifies signatures; no other function is."""
    place = deployment.place
    policy = deployment.policies.get(place.service(function))
    mend = apply(place, f'google_cloud_run_v2_service_iam_member.invoker["{function}"]')
    if isinstance(policy, Untold):
        yield untold(FUNCTIONS, f"who may call {function}", policy)
        return
    bindings = policy.bindings if policy is not None else ()
    members = {member for one in bindings if one.role == INVOKER for member in one.members}
    caller = place.account("push" if function == DETECT else "wake")
    wanted = "allUsers" if function == APPROVE else f"serviceAccount:{caller}"
    if wanted not in members:
        yield wrong(FUNCTIONS, f"{wanted} may not call {function}: nothing gets in", mend)
    strangers = sorted({member for one in bindings for member in one.members} - {wanted})
    for one in strangers:
        public = " (the whole internet)" if one in EVERYBODY else ""
        roles = sorted({binding.role for binding in bindings if one in binding.members})
        remove = (
            f"gcloud run services remove-iam-policy-binding {place.name}-{function} --project={place.project} "
            f"--region={place.region} --member={one} --role={roles[0]}"
        )
        yield wrong(FUNCTIONS, f"{one}{public} has {', '.join(roles)} on {function}", remove)
    if wanted in members and not strangers:
        yield fine(FUNCTIONS, f"{wanted} alone may call {function}")


def secret_checks(deployment: Deployment) -> Iterator[Finding]:
    """Every secret has a value, and only the functions that use it may read it."""
    place = deployment.place
    if isinstance(deployment.functions, Untold):
        yield untold(SECRETS, "which secrets are used", deployment.functions)
        return
    used: dict[str, set[str]] = {}
    for function in deployment.functions:
        for secret in function.secrets.values():
            used.setdefault(secret, set()).add(function.name)
    for secret, functions in sorted(used.items()):
        usable = deployment.secrets.get(secret)
        by_hand = BY_HAND.format(name=secret, project=place.project)
        if isinstance(usable, Untold):
            yield untold(SECRETS, f"whether {secret} has a value", usable)
        elif usable is None:
            address = f'google_secret_manager_secret.slack["{secret.removeprefix(f"{place.name}-")}"]'
            yield wrong(SECRETS, f"there is no secret {secret}", apply(place, address))
        elif not usable:
            yield wrong(SECRETS, f"{secret} has no value that is enabled", f"{by_hand}, then deploy once more")
        else:
            yield fine(SECRETS, f"{secret} has a value")
        if usable is not None:
            yield from _readers(deployment, secret, functions)


def _readers(deployment: Deployment, secret: str, functions: set[str]) -> Iterator[Finding]:
    place = deployment.place
    policy = deployment.policies.get(place.secret(secret))
    if not isinstance(policy, Policy):
        yield untold(SECRETS, f"who may read {secret}", policy or Untold("its policy is not known"))
        return
    wanted = {f"serviceAccount:{place.account(one)}" for one in functions}
    found = {member for one in policy.bindings if one.role == ACCESSOR for member in one.members}
    short = secret.removeprefix(f"{place.name}-")
    for one in sorted(functions):
        if f"serviceAccount:{place.account(one)}" not in found:
            address = f'google_secret_manager_secret_iam_member.slack["{short}/{one}"]'
            yield wrong(SECRETS, f"{one} may not read {secret}, which it needs", apply(place, address))
    for member in sorted(found - wanted):
        mend = (
            f"gcloud secrets remove-iam-policy-binding {secret} --project={place.project} --member={member} "
            f"--role={ACCESSOR}"
        )
        yield wrong(SECRETS, f"{member} may read {secret} and is no function that uses it", mend)
    if found == wanted:
        yield fine(SECRETS, f"only {', '.join(sorted(functions))} may read {secret}")


def slack_checks(deployment: Deployment) -> Iterator[Finding]:
    """Slack knows the token, and the channel takes cards; nothing where no channel is set."""
    said = deployment.slack
    if said is None:
        return
    if isinstance(said, Untold):
        yield untold(SLACK, "whether Slack takes cards", said)
        return
    secret = f"{deployment.place.name}-slack-bot-token"
    if said.token:
        mend = BY_HAND.format(name=secret, project=deployment.place.project)
        yield wrong(SLACK, f"Slack does not take the token: {said.token}", f"{mend}, then deploy once more")
        return
    yield fine(SLACK, "Slack knows the token")
    if said.channel:
        yield wrong(SLACK, f"the channel takes no cards: {said.channel}", "/invite @unforbid, in the channel")
    else:
        yield fine(SLACK, "the channel takes cards")


def policy_checks(deployment: Deployment) -> Iterator[Finding]:
    """The policy that was packed into the functions is the one that was named; without one everything is observed."""
    place, seal = deployment.place, deployment.seal
    mend = apply(place, 'google_cloudfunctions2_function.function["detect"]', "google_storage_bucket_object.source")
    if isinstance(seal, Untold):
        yield untold(POLICY, "which policy is deployed", seal)
    elif seal is None:
        mends = any(one.startswith("execute-") for one in deployment.named)
        if place.seal:
            yield wrong(POLICY, "no policy is deployed, and one was named: everything is observed", mend)
        elif mends:
            yield wrong(POLICY, "a family of fixes is on and no policy is deployed: nothing is permitted", mend)
        else:
            yield fine(POLICY, "no policy is deployed: everything is observed")
    elif not place.seal:
        why = Untold(f"{seal[:12]} is deployed; name yours with --policy to compare them")
        yield untold(POLICY, "whether it is the policy you mean", why)
    elif seal != place.seal:
        yield wrong(POLICY, f"the policy {seal[:12]} is deployed, and not {place.seal[:12]}", mend)
    else:
        yield fine(POLICY, f"the policy {seal[:12]} is deployed")


def store_checks(deployment: Deployment) -> Iterator[Finding]:
    """Expired documents are removed. Only space depends on it: what has expired is told by the code."""
    for group, on in sorted(deployment.expiring.items()):
        if isinstance(on, Untold):
            yield untold(STORE, f"whether {group} is cleaned up", on)
        elif not on:
            mend = apply(deployment.place, f'google_firestore_field.expiring["{group}"]')
            yield wrong(STORE, f"{group} is never cleaned up: no time-to-live on expires_at", mend)
        else:
            yield fine(STORE, f"{group} is cleaned up")
