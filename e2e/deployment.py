"""What terraform/functions.tf deploys: each function with its entry point, its callers and its settings.

`tests/e2e` holds this to the Terraform files: no function has a setting there that it lacks here, nor one more.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

NAME, HOME, NUMBER, REGION = "unforbid", "acme-unforbid", "999999999999", "europe-west1"
PUSH, WAKE = (f"{NAME}-{one}@{HOME}.iam.gserviceaccount.com" for one in ("push", "wake"))
FAMILIES = ("iam", "api", "compute")
QUEUES = {one: f"projects/{HOME}/locations/{REGION}/queues/{NAME}-{one}" for one in FAMILIES}
CHANNEL, TOKEN, SECRET = "C000000001", "xoxb-test-0000", "8f742231b10e8888abcd99yyyzzz85a5"
ROOT = Path(__file__).resolve().parents[1]


class Function(Struct, frozen=True, kw_only=True):
    """One function: `at_once` is how many requests an instance of it gets at the same time."""

    name: str
    source: str
    target: str
    settings: tuple[str, ...]
    at_once: int = 1
    invoker: str = WAKE
    families: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Its address, which is what tokens for it are made for."""
        return f"https://{NAME}-{self.name}-{NUMBER}.{REGION}.run.app"

    @property
    def path(self) -> Path:
        """Its source."""
        return ROOT / "functions" / self.source / "main.py"


TASKS = ("QUEUE", "EXECUTE_URL", "INVOKER")
SLACK = ("SLACK_CHANNEL", "SLACK_TOKEN")
LET_IN = ("AUDIENCE", "CALLERS")
NOT_HERE = ("ROLES",)
"""Settings that a deployment may have: no catalogue of roles was read here."""
HERE_ONLY = ("ENDPOINT", "TASKS_ENDPOINT", "SLACK_API_URL")
"""Settings that no deployment has: what answers on this machine in the place of Google, Cloud Tasks and Slack."""
EVERYWHERE = (
    "BACKEND",
    "PROJECT",
    "FIRESTORE_DATABASE",
    "QUOTA_PROJECT",
    "MODE",
    "IDENTITIES",
    "PROTECTED",
    "ORGANIZATION",
    "POLICY",
    "DOMAINS",
)
DETECT = Function(
    name="detect",
    source="detect",
    target="detect_denial",
    settings=(*SLACK, *TASKS, *LET_IN, "LOOK", "MERGE_HOURS"),
    at_once=16,
    invoker=PUSH,
)
APPROVE = Function(
    name="approve",
    source="approve",
    target="approve_click",
    settings=("SLACK_CHANNEL", "SLACK_SIGNING_SECRET", *TASKS),
    invoker="",
)
EXECUTE = tuple(
    Function(
        name=f"execute-{family}",
        source="execute",
        target="execute_fix",
        settings=(*SLACK, "SLACK_SIGNING_SECRET", *TASKS, *LET_IN, "ATTACHABLE", "FAMILIES"),
        families=(family,),
    )
    for family in FAMILIES
)
SWEEP = Function(
    name="sweep",
    source="sweep",
    target="sweep_up",
    settings=(*SLACK, "SLACK_SIGNING_SECRET", *TASKS, *LET_IN, "ATTACHABLE", "FAMILIES"),
    families=("ends",),
)
FUNCTIONS = (DETECT, APPROVE, *EXECUTE, SWEEP)


def of_operators(town: dict[str, str]) -> dict[str, str]:
    """The settings that somebody has at a terminal who looks after the deployment."""
    return {name: value for name, value in environment(SWEEP, town).items() if name != "K_SERVICE"}


def environment(function: Function, town: dict[str, str]) -> dict[str, str]:
    """The settings of one function; `town` has those of this organisation, and where Google is answered for."""
    accounts = [f"{NAME}-{one.name}@{HOME}.iam.gserviceaccount.com" for one in FUNCTIONS]
    known = {
        "BACKEND": "google",
        "PROJECT": HOME,
        "FIRESTORE_DATABASE": NAME,
        "QUOTA_PROJECT": HOME,
        "MODE": "enforce",
        "IDENTITIES": ",".join((*accounts, PUSH, WAKE)),
        "PROTECTED": f"//cloudresourcemanager.googleapis.com/projects/{HOME}",
        "LOOK": "always",
        "MERGE_HOURS": "24",
        "QUEUE": ",".join(f"{family}={queue}" for family, queue in QUEUES.items()),
        "EXECUTE_URL": ",".join(f"{one.families[0]}={one.url}" for one in EXECUTE),
        "FAMILIES": ",".join(function.families),
        "INVOKER": WAKE,
        "AUDIENCE": function.url,
        "CALLERS": function.invoker,
        "SLACK_CHANNEL": CHANNEL,
        "SLACK_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        **town,
    }
    wanted = {*EVERYWHERE, *HERE_ONLY, *function.settings}
    set_now = {f"UNFORBID_{name}": value for name, value in known.items() if name in wanted and value}
    return {**set_now, "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA": "true", "K_SERVICE": f"{NAME}-{function.name}"}
