"""What a stop or a reset would cost: data, the place in the zone, the address, the traffic, and time."""

from __future__ import annotations

from datetime import timedelta

from shared.machines.question import Question, noted, refused, untold, warned
from shared.model.machine import Disk, Intervention, Machine, Outcome, Precondition

BUNDLED_SSD = ("z3-", "a2-ultragpu-", "a3-", "a4-", "a4x-")
"""Machine types that come with local SSDs whatever they are called; others say so with `lssd`."""
SHARED_CORE = "g1-"
"""The one G series without accelerators; the others, like the A series, are told by letter and number."""
TPUS = ("ct", "tpu")
MODELS = ("STANDARD", "SPOT", "FLEX_START", "RESERVATION_BOUND")
TOO_SOON = timedelta(hours=2)
MARGIN = timedelta(minutes=10)
FOR_WINDOWS = timedelta(minutes=20)
"""A judgement: Windows installs updates while it shuts down."""
WHOLE_G4 = 48
"""vCPUs of the smallest G4 machine with a whole GPU; smaller ones share it and cannot be reset."""


def stop_deadline(machine: Machine) -> timedelta:
    """How long a stop may take before a person is called: the graceful shutdown, if there is one, and a margin."""
    windows = FOR_WINDOWS if "WINDOWS" in machine.guest_os_features else timedelta()
    return (machine.graceful_shutdown or timedelta()) + MARGIN + windows


def local_ssd(question: Question) -> Precondition | None:
    """A stop throws the content of local SSDs away, or saves it slowly and within limits."""
    machine = question.machine
    bundled = machine.machine_type.startswith(BUNDLED_SSD) or "lssd" in machine.machine_type
    if not any(disk.kind == "SCRATCH" for disk in machine.disks) and (not bundled or "nolssd" in machine.machine_type):
        return None
    return refused("vm.local_ssd", "A stop would lose its local SSD: save the data, then stop it by hand.")


def termination(question: Question) -> Precondition | None:
    """The machine is to end by itself, or a stop may delete it."""
    machine, name = question.machine, "vm.termination"
    if machine.provisioning_model not in (*MODELS, ""):
        return untold(name, f"what provisioning model {machine.provisioning_model} does at a stop", "look it up")
    limited = machine.max_run_duration is not None or machine.termination_time is not None
    bound = machine.provisioning_model in ("FLEX_START", "RESERVATION_BOUND")
    if not (limited or bound or machine.termination_action == "DELETE"):
        return None
    return refused(
        name, "It is set to end by itself, or to be deleted when it does: make a new one with what it needs."
    )


def spot(question: Question) -> Precondition | None:
    """Spot capacity that is given back may not be had again."""
    machine = question.machine
    if machine.provisioning_model != "SPOT" and not machine.preemptible:
        return None
    return refused("vm.spot", "It is a Spot machine and may not start again: make a new one with what it needs.")


def accelerator(question: Question) -> Precondition | None:
    """Accelerators are often out of stock, and a stopped machine gives its own back."""
    machine = question.machine
    kind = machine.machine_type
    by_series = kind[:1] in ("a", "g") and kind[1:2].isdigit() and not kind.startswith(SHARED_CORE)
    if not (machine.accelerators or by_series or kind.startswith(TPUS)):
        return None
    return refused(
        "vm.accelerator",
        "Its accelerators may be out of stock when it starts again: reserve them, then stop it by hand in a window.",
    )


def shared_gpu(question: Question) -> Precondition | None:
    """A machine with a part of a GPU cannot be reset."""
    kind = question.machine.machine_type
    cpus = kind.rpartition("-")[2]
    if question.intervention is not Intervention.RESET or not kind.startswith("g4-"):
        return None
    if cpus.isascii() and cpus.isdigit() and int(cpus[:6]) >= WHOLE_G4:
        return None
    return refused("vm.shared_gpu", "A machine with a part of a GPU cannot be reset: restart it from inside.")


def placement(question: Question) -> Precondition | None:
    """On sole-tenant nodes, or bound to one reservation, a machine only starts where there is room for it."""
    machine, room = question.machine, question.around.free_capacity
    if not machine.node_affinities and not machine.specific_reservation:
        return None
    name, where = "vm.placement", "its sole-tenant nodes" if machine.node_affinities else "its reservation"
    if room is None:
        return untold(name, f"whether {where} would have room for it again", "count the free places there")
    if room < 1:
        return refused(name, f"There is no free place in {where}, should its own be taken: make room first.")
    return warned(name, f"It only starts again in {where}, where {room} more of its size would find a place.")


def customer_key(question: Question) -> Precondition | None:
    """A disk whose key the customer brings along makes every start need that key."""
    if not any(disk.customer_supplied_key for disk in question.machine.disks):
        return None
    return refused(
        "vm.customer_key",
        "A disk needs a key of yours at every start (startWithEncryptionKey): stop and start it by hand.",
    )


def kms_key(question: Question) -> Precondition | None:
    """A machine whose disk key is disabled or out of reach does not start."""
    usable = question.around.key_usable
    if usable or not any(disk.kms_key for disk in question.machine.disks):
        return None
    if usable is None:
        return untold(
            "vm.kms_key",
            "whether the keys of its disks are enabled and usable",
            "let us see them (cloudkms.cryptoKeys.get, cloudkms.cryptoKeys.getIamPolicy)",
        )
    return refused(
        "vm.kms_key",
        "A key of its disks is disabled or out of reach of the Compute Engine service agent: mend that first.",
    )


def schedule(question: Question) -> Precondition | None:
    """A schedule that starts or stops the machine in the middle of a change would spoil it."""
    name, next_ones = "vm.schedule", question.around.schedule
    if not question.machine.resource_policies or next_ones == ():
        return None
    if next_ones is None:
        return untold(
            name, "when its schedule starts or stops it", "let us see its policies (compute.resourcePolicies.get)"
        )
    soonest = min(next_ones)
    if soonest - question.now <= TOO_SOON:
        return Precondition(
            name, Outcome.POSTPONE, f"Its schedule starts or stops it at {soonest.isoformat()}: do this afterwards."
        )
    return noted(name, f"Its schedule acts next at {soonest.isoformat()} and does not promise it a place in the zone.")


def external_address(question: Question) -> Precondition | None:
    """An address that nobody reserved is given back at a stop."""
    addresses, reserved = question.machine.external_addresses, question.around.reserved_addresses
    if not addresses:
        return None
    name = "vm.external_address"
    if reserved is None:
        return untold(
            name, "whether its external address is reserved", "let us list addresses (compute.addresses.list)"
        )
    lost = [address for address in addresses if address not in reserved]
    if not lost:
        return None
    return warned(
        name,
        f"Its external address {', '.join(lost)} will change: mend DNS and allow lists, or reserve it first.",
    )


def traffic(question: Question) -> Precondition | None:
    """Others reach something through the machine, and will not while it is away."""
    around, name = question.around, "vm.traffic"
    if around.routes is None or around.backends is None or around.referrers is None:
        return untold(
            name,
            "whether traffic of others goes through it",
            "let us list routes, network endpoint groups and what refers to it",
        )
    roles = ["it forwards packets"] if question.machine.can_ip_forward else []
    roles += [f"route {_last(route)} leads to it" for route in around.routes]
    groups = [text for text in around.referrers if "/instanceGroupManagers/" not in text]
    roles += [f"{_last(group)} sends requests to it" for group in dict.fromkeys([*groups, *around.backends])]
    return warned(name, f"There will be an outage for others: {'; '.join(roles[:5])}.") if roles else None


def disks(question: Question) -> Precondition | None:
    """Disks that others write, or that stand by in another zone, need care; all others simply stay attached."""
    machine, shared, name = question.machine, question.around.shared_disks, "vm.disks"
    regional = [_last(disk.source) for disk in machine.disks if disk.is_regional]
    if shared is None and any(_may_be_shared(disk) for disk in machine.disks):
        return untold(name, "whether other machines write its disks too", "let us see them (compute.disks.get)")
    concerned = dict.fromkeys([*regional, *(_last(text) for text in shared or ())])
    if not concerned:
        return None
    return warned(
        name, f"Written by several machines, or failed over to another zone: {', '.join(concerned)}; agree with them."
    )


def _may_be_shared(disk: Disk) -> bool:
    """Whether the disk may have several writers: never a boot disk, which those may not be ("Share disks")."""
    return disk.kind != "SCRATCH" and not disk.boot and disk.mode == "READ_WRITE"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def windows(question: Question) -> Precondition | None:
    """Windows may take its time to shut down."""
    if "WINDOWS" not in question.machine.guest_os_features:
        return None
    minutes = stop_deadline(question.machine) // timedelta(minutes=1)
    return noted("vm.windows", f"It runs Windows, which may install updates first: a stop is given {minutes} minutes.")


def graceful_shutdown(question: Question) -> Precondition | None:
    """A graceful shutdown takes as long as it may."""
    machine = question.machine
    if machine.graceful_shutdown is None:
        return None
    longest = machine.graceful_shutdown // timedelta(minutes=1)
    return noted("vm.graceful_shutdown", f"It may take {longest} minutes to shut down gracefully, and is given them.")


def harmless(question: Question) -> Precondition | None:
    """What people ask about and is no hindrance."""
    machine = question.machine
    said = ["deletion protection only guards against deletion"] if machine.deletion_protection else []
    said += ["a shielded machine may be stopped like any other"] if machine.shielded else []
    return noted("vm.harmless", f"No hindrance: {'; '.join(said)}.") if said else None
