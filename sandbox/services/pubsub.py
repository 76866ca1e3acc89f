"""Pub/Sub: topics, subscriptions, messages on their way, and policies."""

from __future__ import annotations

from sandbox.clock import stamp
from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "pubsub.v1"
TITLE = "Cloud Pub/Sub API"
HOST = "pubsub.googleapis.com"
RPC = "google.pubsub.v1"
POLICIES = "google.iam.v1.IAMPolicy"

_topic, _subscription = by_parameter(HOST, "topic", "resource"), by_parameter(HOST, "subscription", "resource")


def add_topic(world: World, project: str, topic: str) -> Resource:
    """A topic without subscriptions."""
    return _add(world, project, "topics", topic, {})


def add_subscription(world: World, topic: Resource, subscription: str, project: str = "") -> Resource:
    """A pull subscription to a topic, in the topic's project unless another is named."""
    body = {"topic": topic.body["name"], "ackDeadlineSeconds": 10, "state": "ACTIVE"}
    return _add(world, project or topic.project, "subscriptions", subscription, body)


def _add(world: World, project: str, kind: str, name: str, body: Json) -> Resource:
    path = f"projects/{project}/{kind}/{name}"
    return world.add(Resource(name=f"//{HOST}/{path}", kind=kind, project=project, body={"name": path, **body}))


def _publish(world: World, call: Call) -> Json:
    """Every subscription of the topic gets a copy."""
    topic = found(world, _topic(world, call))
    first = topic.hidden.get("published", 0)
    made = [
        {**one, "messageId": str(first + place), "publishTime": stamp(world.now())}
        for place, one in enumerate(call.body.get("messages", ()), 1)
    ]
    topic.hidden["published"] = first + len(made)
    for one in world.of_kind("subscriptions"):
        if one.body.get("topic") == topic.body["name"]:
            one.hidden.setdefault("waiting", []).extend(made)
    return {"messageIds": [one["messageId"] for one in made]}


def _pull(world: World, call: Call) -> Json:
    """Messages stay until they are acknowledged."""
    waiting = found(world, _subscription(world, call)).hidden.get("waiting", [])
    handed = [{"ackId": one["messageId"], "message": one} for one in waiting[: call.body.get("maxMessages", 1)]]
    return {"receivedMessages": handed} if handed else {}


def _acknowledge(world: World, call: Call) -> Json:
    subscription = found(world, _subscription(world, call))
    done = call.body.get("ackIds", ())
    waiting = subscription.hidden.get("waiting", [])
    subscription.hidden["waiting"] = [one for one in waiting if one["messageId"] not in done]
    return {}


DOORS = [
    Door(
        id="pubsub.projects.topics.get",
        rpc=f"{RPC}.Publisher.GetTopic",
        permission="pubsub.topics.get",
        on=_topic,
        answer=lambda world, call: found(world, _topic(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="pubsub.projects.topics.publish",
        rpc=f"{RPC}.Publisher.Publish",
        permission="pubsub.topics.publish",
        on=_topic,
        answer=_publish,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    Door(
        id="pubsub.projects.subscriptions.get",
        rpc=f"{RPC}.Subscriber.GetSubscription",
        permission="pubsub.subscriptions.get",
        on=_subscription,
        answer=lambda world, call: found(world, _subscription(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="pubsub.projects.subscriptions.pull",
        rpc=f"{RPC}.Subscriber.Pull",
        permission="pubsub.subscriptions.consume",
        on=_subscription,
        answer=_pull,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id="pubsub.projects.subscriptions.acknowledge",
        rpc=f"{RPC}.Subscriber.Acknowledge",
        permission="pubsub.subscriptions.consume",
        on=_subscription,
        answer=_acknowledge,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    *policy_doors("pubsub.projects.topics", POLICIES, "pubsub.topics", _topic, title=TITLE),
    test_door("pubsub.projects.topics", POLICIES, _topic, title=TITLE),
    *policy_doors("pubsub.projects.subscriptions", POLICIES, "pubsub.subscriptions", _subscription, title=TITLE),
    test_door("pubsub.projects.subscriptions", POLICIES, _subscription, title=TITLE),
]
