"""What comes in: the sink with its filter, the topic that only it may publish to, the push, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.deploy.sink_filter import Own, self_filter, sink_filter
from shared.doctor.finding import Finding, apply, fine, untold, wrong
from shared.model.deployment import Deployment, Place, Sink, Subscription, Told, Untold
from shared.model.facts import Policy

SINK, TOPIC, DELIVERY = "sink", "topic", "delivery"
PUBLISHER, SUBSCRIBER = "roles/pubsub.publisher", "roles/pubsub.subscriber"
AGENT = "@gcp-sa-pubsub.iam.gserviceaccount.com"
ALERTS = "@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
QUIET = timedelta(days=7)
TRY = "gcloud pubsub topics create refused --impersonate-service-account=ACCOUNT-WITHOUT-ROLES, then look again"


def own_of(deployment: Deployment) -> Own:
    """What the sink has to leave out: the accounts that functions run as, and the functions."""
    place = deployment.place
    names = sorted(deployment.named)
    accounts = tuple(sorted(place.account(one) for one in names))
    return Own(project=place.project, accounts=accounts, functions=tuple(f"{place.name}-{one}" for one in names))


def sink_checks(deployment: Deployment) -> Iterator[Finding]:
    """The sink is there and on, with the filter that the code makes, and leads to our topic."""
    place, sink = deployment.place, deployment.sink
    mend = apply(place, f"google_logging_{_kind(place)}_sink.denials")
    if isinstance(sink, Untold):
        yield untold(SINK, f"the sink {place.denials} of {place.watch}", sink)
        return
    if sink is None:
        yield wrong(SINK, f"there is no sink {place.denials} in {place.watch}: nothing comes in", mend)
        return
    if sink.disabled:
        yield wrong(SINK, f"the sink {place.denials} is disabled: nothing comes in", mend)
    topic = place.topic(place.denials).removeprefix("//")
    if sink.destination != topic:
        yield wrong(SINK, f"the sink leads to {sink.destination or 'nothing'} and not to {topic}", mend)
    if _kind(place) != "project" and not sink.children:
        yield wrong(SINK, f"the sink leaves out what is inside {place.watch}", mend)
    yield _filter(deployment, sink, mend)
    yield _exclusion(deployment, sink, mend)


def _filter(deployment: Deployment, sink: Sink, mend: str) -> Finding:
    if isinstance(deployment.functions, Untold):
        return untold(SINK, "whether the filter leaves out our own functions", deployment.functions)
    if not deployment.functions:
        return wrong(SINK, f"no function of {deployment.place.name} is there, so no filter fits", mend)
    wanted = sink_filter(own_of(deployment))
    if _plain(sink.filter) == _plain(wanted):
        return fine(SINK, "its filter is the one that the code makes")
    return wrong(SINK, f"its filter is not the one that the code makes: {difference(sink.filter, wanted)}", mend)


def _exclusion(deployment: Deployment, sink: Sink, mend: str) -> Finding:
    """Our own entries are left out by an exclusion as well, in case somebody edits the filter."""
    name = f"{deployment.place.name}-self"
    if isinstance(deployment.functions, Untold) or not deployment.functions:
        return untold(SINK, f"the exclusion {name}", Untold("the functions are not known"))
    if _plain(sink.exclusions.get(name, "")) == _plain(self_filter(own_of(deployment))):
        return fine(SINK, "its exclusion leaves out our own entries")
    return wrong(SINK, f"the exclusion {name} is missing, disabled or another one", mend)


def difference(found: str, wanted: str) -> str:
    """The first place that differs, shortened."""
    one, other = _plain(found), _plain(wanted)
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    around = slice(max(0, at - 20), at + 40)
    return f"at character {at + 1} it has {one[around]!r} where {other[around]!r} belongs"


def _plain(text: str) -> str:
    """A filter without the line breaks and blanks that mean nothing; none of ours has blanks in a row inside quotes."""
    return " ".join(text.split())


def _kind(place: Place) -> str:
    return place.watch.partition("/")[0].removesuffix("s")


def topic_checks(deployment: Deployment) -> Iterator[Finding]:
    """Only the sink publishes denials, only Pub/Sub publishes dead letters, and what is pushed goes to `detect`."""
    place = deployment.place
    yield from _publishers(deployment)
    dead = deployment.policies.get(place.topic(place.dead))
    yield _agent(deployment, dead, PUBLISHER, place.topic(place.dead), "google_pubsub_topic_iam_member.dead")
    name = place.subscription(place.denials)
    said = deployment.policies.get(name)
    yield _agent(deployment, said, SUBSCRIBER, name, "google_pubsub_subscription_iam_member.dead")
    yield from _push(deployment)
    yield from _counts(deployment)


def _publishers(deployment: Deployment) -> Iterator[Finding]:
    place = deployment.place
    name, address = place.topic(place.denials), "google_pubsub_topic_iam_member.sink"
    policy, sink = deployment.policies.get(name), deployment.sink
    if policy is None:
        yield wrong(TOPIC, f"there is no topic {place.denials}", apply(place, "google_pubsub_topic.denials", address))
        return
    if isinstance(policy, Untold):
        yield untold(TOPIC, f"who may publish to {place.denials}", policy)
        return
    members = {member for one in policy.bindings if one.role == PUBLISHER for member in one.members}
    if sink is None or isinstance(sink, Untold):
        yield untold(TOPIC, f"whether the sink may publish to {place.denials}", Untold("the sink is not known"))
        return
    if sink.writer not in members:
        yield wrong(TOPIC, f"the sink ({sink.writer}) may not publish to {place.denials}", apply(place, address))
    for one in sorted(members - {sink.writer}):
        mend = (
            f"gcloud pubsub topics remove-iam-policy-binding {place.denials} --project={place.project} "
            f"--member={one} --role={PUBLISHER}"
        )
        yield wrong(TOPIC, f"{one} may publish to {place.denials} too: whoever may, can forge a denial", mend)
    if members == {sink.writer}:
        yield fine(TOPIC, f"only the sink may publish to {place.denials}")


def _agent(deployment: Deployment, policy: Told[Policy] | None, role: str, name: str, address: str) -> Finding:
    """Without this right of Pub/Sub's own agent, dead letters are lost or go round for ever."""
    short = name.rpartition("/")[2]
    kind = name.split("/")[-2].removesuffix("s")
    if isinstance(policy, Untold):
        return untold(TOPIC, f"the policy of the {kind} {short}", policy)
    held = policy is not None and any(
        one.role == role and any(member.endswith(AGENT) for member in one.members) for one in policy.bindings
    )
    if held:
        return fine(TOPIC, f"Pub/Sub's agent has {role} on the {kind} {short}")
    return wrong(TOPIC, f"Pub/Sub's agent lacks {role} on the {kind} {short}", apply(deployment.place, address))


def _push(deployment: Deployment) -> Iterator[Finding]:
    place = deployment.place
    pushed: Told[Subscription] | None = deployment.subscriptions.get(place.denials)
    mend = apply(place, "google_pubsub_subscription.denials")
    if isinstance(pushed, Untold):
        yield untold(TOPIC, f"the subscription {place.denials}", pushed)
    elif pushed is None:
        yield wrong(TOPIC, f"there is no subscription {place.denials}: nothing is delivered", mend)
    elif not pushed.endpoint.startswith(f"https://{place.name}-detect-"):
        yield wrong(TOPIC, f"{place.denials} pushes to {pushed.endpoint or 'nobody'}, not to detect", mend)
    elif not pushed.dead_letters.endswith(f"/topics/{place.dead}"):
        yield wrong(TOPIC, f"what {place.denials} cannot deliver does not end in {place.dead}", mend)
    else:
        yield fine(TOPIC, f"{place.denials} is pushed to detect")
    kept = deployment.subscriptions.get(place.dead)
    if isinstance(kept, Untold):
        yield untold(TOPIC, f"the subscription {place.dead}", kept)
    elif kept is None:
        yield wrong(TOPIC, "nothing keeps dead letters", apply(place, "google_pubsub_subscription.dead"))
    else:
        yield fine(TOPIC, f"dead letters are kept in {place.dead}")


def _counts(deployment: Deployment) -> Iterator[Finding]:
    """The second input, where it is on: only Cloud Monitoring publishes alerts, and they are pushed to `detect`."""
    place = deployment.place
    pushed = deployment.subscriptions.get(place.counts)
    policy = deployment.policies.get(place.topic(place.counts))
    gap = next((one for one in (pushed, policy) if isinstance(one, Untold)), None)
    if gap is not None:
        yield untold(TOPIC, f"the second input, {place.counts}", gap)
        return
    if not isinstance(pushed, Subscription):
        return
    if not pushed.endpoint.startswith(f"https://{place.name}-detect-"):
        said = f"{place.counts} pushes to {pushed.endpoint or 'nobody'}, not to detect"
        yield wrong(TOPIC, said, apply(place, "google_pubsub_subscription.counts[0]"))
    bindings = policy.bindings if isinstance(policy, Policy) else ()
    members = {member for one in bindings if one.role == PUBLISHER for member in one.members}
    if len(members) == 1 and all(one.endswith(ALERTS) for one in members):
        yield fine(TOPIC, f"only Cloud Monitoring may publish to {place.counts}")
    else:
        said = (
            f"{', '.join(sorted(members)) or 'nobody'} may publish to {place.counts}, and only Cloud Monitoring should"
        )
        yield wrong(TOPIC, said, apply(place, "google_pubsub_topic_iam_member.counts[0]"))


def delivery_checks(deployment: Deployment) -> Iterator[Finding]:
    """Something came lately, and nothing lies undelivered."""
    place, last = deployment.place, deployment.delivered
    if isinstance(last, Untold):
        yield untold(DELIVERY, "when the last message was delivered", last)
    elif last is None:
        days = QUIET // timedelta(days=1)
        why = Untold(f"none came in {days} days: was nothing refused, or does nothing come in? Try it: {TRY}")
        yield untold(DELIVERY, "the last message", why)
    else:
        yield fine(DELIVERY, f"the last message was taken at {last:%Y-%m-%d %H:%M} UTC")
    if isinstance(deployment.dead, Untold):
        yield untold(DELIVERY, "dead letters", deployment.dead)
    elif deployment.dead:
        mend = (
            f"gcloud pubsub subscriptions pull {place.dead} --project={place.project} --limit=5, "
            f"and the errors of {place.name}-detect"
        )
        yield wrong(DELIVERY, f"{deployment.dead} messages lie in {place.dead}: detect could not take them", mend)
    else:
        yield fine(DELIVERY, "there are no dead letters")
