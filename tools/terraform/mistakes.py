"""Mistakes planted into a copy of the Terraform, each of which has to be found: a guard that finds none is none."""

from __future__ import annotations

from typing import NamedTuple

VALIDATE = ("validate",)
OBSERVE = ("test", "-filter=tests/observe.tftest.hcl")
FAMILIES = ("test", "-filter=tests/families.tftest.hcl")


class Mistake(NamedTuple):
    """A change of one file, and the words that tell it."""

    what: str
    file: str
    old: str
    new: str
    command: tuple[str, ...]
    told: str


MISTAKES = (
    Mistake(
        "an argument that the resource does not have",
        "topics.tf",
        "ack_deadline_seconds       = 90",
        "acknowledge_seconds = 90",
        VALIDATE,
        'An argument named "acknowledge_seconds" is not expected here',
    ),
    Mistake(
        "an argument that is required is missing",
        "secrets.tf",
        'secret_id = "${var.name}-${each.key}"',
        "",
        VALIDATE,
        'The argument "secret_id" is required',
    ),
    Mistake(
        "a resource that nobody declares",
        "sink.tf",
        "google_pubsub_topic.denials.id",
        "google_pubsub_topic.denial.id",
        VALIDATE,
        "Reference to undeclared resource",
    ),
    Mistake(
        "a block that may stand once stands twice",
        "scheduler.tf",
        "  retry_config {",
        "  retry_config {\n    retry_count = 1\n  }\n\n  retry_config {",
        VALIDATE,
        "Too many retry_config blocks",
    ),
    Mistake(
        "a number where a yes or no belongs",
        "sink.tf",
        "include_children = true",
        "include_children = [7]",
        VALIDATE,
        "bool required",
    ),
    Mistake(
        "the sink reports our own refusals",
        "generated/sink_filter.txt",
        "NOT (protoPayload.authenticationInfo.principalEmail=(${accounts})",
        "NOT (protoPayload.authenticationInfo.principalEmail=(nobody)",
        OBSERVE,
        "unforbid would feed on its own refusals",
    ),
    Mistake(
        "detect is open to everybody",
        "functions.tf",
        'name == "detect" ? google_service_account.caller["push"].member',
        'name == "detect" ? "allUsers"',
        OBSERVE,
        "Somebody beside the push account may call detect",
    ),
    Mistake(
        "detect is reachable from outside",
        "functions.tf",
        'ingress = "ALLOW_INTERNAL_ONLY"',
        'ingress = "ALLOW_ALL"',
        OBSERVE,
        "detect can be reached from outside",
    ),
    Mistake(
        "the reader may write",
        "generated/roles.json",
        '"bigquery.datasets.get",',
        '"bigquery.datasets.update",',
        OBSERVE,
        "The reader's role holds a permission that does not read",
    ),
    Mistake(
        "policies are set without the condition",
        "identities.tf",
        'each.value.role == "grant_writer" ?',
        'each.value.role == "nobody" ?',
        FAMILIES,
        "A role that sets policies is bound without its condition",
    ),
    Mistake(
        "the sweep may stop machines",
        "identities.tf",
        'compute = ["machine_starter"]',
        'compute = ["machine_starter", "machine_writer"]',
        FAMILIES,
        "The sweep may do more with a machine than start it",
    ),
    Mistake(
        "detect may write the journal",
        "store.tf",
        'journal = [for name in keys(local.functions) : name if !contains(["approve", "detect"], name)]',
        'journal = [for name in keys(local.functions) : name if !contains(["approve"], name)]',
        FAMILIES,
        "detect may write the journal of fixes",
    ),
    Mistake(
        "approve may write the journal",
        "store.tf",
        'journal = [for name in keys(local.functions) : name if !contains(["approve", "detect"], name)]',
        'journal = [for name in keys(local.functions) : name if !contains(["detect"], name)]',
        FAMILIES,
        "approve, which is public, may reach the journal of fixes",
    ),
    Mistake(
        "every executor carries out every family",
        "functions.tf",
        "UNFORBID_FAMILIES = family",
        'UNFORBID_FAMILIES = "iam,api,compute"',
        FAMILIES,
        "An executor would carry out fixes of another family",
    ),
    Mistake(
        "the copy of the journal can be deleted before its time",
        "copy.tf",
        "locked         = true",
        "locked         = false",
        FAMILIES,
        "The copy can be shortened or deleted before its time",
    ),
    Mistake(
        "a plan is applied without approval",
        "build.tf",
        "approved = true",
        "approved = false",
        FAMILIES,
        "A plan is applied without approval",
    ),
)
