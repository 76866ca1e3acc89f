"""A `Machine` from the JSON of compute v1 `instances.get`: camelCase keys, 64-bit numbers as text, no defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from shared.errors import Unreadable
from shared.model.machine import Disk, Machine
from shared.model.names import ResourceName

Time = Annotated[datetime, Meta(tz=True)]
Int64 = Annotated[str, Meta(max_length=20)] | int
GRACEFUL = timedelta(minutes=10)
"""How long a graceful shutdown may take where no maxDuration is set ("Graceful shutdown overview")."""
MOST_LISTED = 10_000
"""More disks, labels or interfaces than any machine has: such a body is not read."""


class Duration(Struct, frozen=True):
    """A span of time as Compute Engine writes it."""

    seconds: Int64 = 0
    nanos: int = 0

    @property
    def length(self) -> timedelta:
        """The span; raises ValueError or OverflowError for what is none."""
        return timedelta(seconds=int(self.seconds), microseconds=self.nanos // 1000)


class GracefulShutdown(Struct, frozen=True, rename="camel"):
    """Whether the guest is given time before it is stopped, and how much at most."""

    enabled: bool = False
    max_duration: Duration | None = None


class Scheduling(Struct, frozen=True, rename="camel"):
    """How the machine is provisioned and how it ends."""

    provisioning_model: str = "STANDARD"
    preemptible: bool = False
    max_run_duration: Duration | None = None
    termination_time: Time | None = None
    instance_termination_action: str = ""
    node_affinities: list[Any] = []
    graceful_shutdown: GracefulShutdown = GracefulShutdown()


class Key(Struct, frozen=True, rename="camel"):
    """What a disk is encrypted with; `sha256` is the digest of a key that a customer supplies with each call."""

    kms_key_name: str = ""
    sha256: str = ""


class Feature(Struct, frozen=True):
    """One feature of the guest's operating system."""

    type: str = ""


class AttachedDisk(Struct, frozen=True, rename="camel"):
    """One disk."""

    source: str = ""
    type: str = "PERSISTENT"
    mode: str = "READ_WRITE"
    interface: str = ""
    boot: bool = False
    disk_encryption_key: Key = Key()
    guest_os_features: list[Feature] = []


class AccessConfig(Struct, frozen=True):
    """One external address; both are empty while the machine has none."""

    nat_ip: str = msgspec.field(name="natIP", default="")
    external_ipv6: str = msgspec.field(name="externalIpv6", default="")


class NetworkInterface(Struct, frozen=True, rename="camel"):
    """One network interface."""

    subnetwork: str = ""
    access_configs: list[AccessConfig] = []
    ipv6_access_configs: list[AccessConfig] = []


class Account(Struct, frozen=True):
    """The service account and its access scopes."""

    email: str = ""
    scopes: list[str] = []


class Item(Struct, frozen=True):
    """One key of the metadata with its value."""

    key: str = ""
    value: str = ""


class Items(Struct, frozen=True):
    """The metadata."""

    items: list[Item] = []


class Tags(Struct, frozen=True):
    """The network tags."""

    items: list[str] = []


class Accelerator(Struct, frozen=True, rename="camel"):
    """Accelerators of one kind."""

    accelerator_count: int = 0


class ReservationAffinity(Struct, frozen=True, rename="camel"):
    """Whether the machine must consume a certain reservation."""

    consume_reservation_type: str = ""


class Shielded(Struct, frozen=True, rename="camel"):
    """Which protections of a shielded machine are on."""

    enable_secure_boot: bool = False
    enable_vtpm: bool = False
    enable_integrity_monitoring: bool = False


class Instance(Struct, frozen=True, rename="camel"):
    """The parts of the Instance resource that decide; what else there is goes unread."""

    id: str
    name: str
    status: str
    self_link: str
    fingerprint: str = ""
    service_accounts: list[Account] = []
    labels: Annotated[dict[str, str], Meta(max_length=MOST_LISTED)] = {}
    metadata: Items = Items()
    tags: Tags = Tags()
    machine_type: str = ""
    disks: Annotated[list[AttachedDisk], Meta(max_length=MOST_LISTED)] = []
    guest_accelerators: list[Accelerator] = []
    scheduling: Scheduling = Scheduling()
    reservation_affinity: ReservationAffinity = ReservationAffinity()
    resource_policies: list[str] = []
    network_interfaces: Annotated[list[NetworkInterface], Meta(max_length=MOST_LISTED)] = []
    can_ip_forward: bool = False
    start_restricted: bool = False
    deletion_protection: bool = False
    shielded_instance_config: Shielded = Shielded()
    last_start_timestamp: Time | None = None


def machine_from(instance: Mapping[str, Any]) -> Machine:
    """The machine behind the JSON object of `instances.get`.

    Raises:
        Unreadable: a part that decides is missing or of another type, or cannot be what Compute Engine answers.
    """
    try:
        return _machine(msgspec.convert(dict(instance), Instance))
    except (msgspec.ValidationError, ValueError, OverflowError, TypeError) as error:
        raise Unreadable(f"not a virtual machine as instances.get gives it: {error}") from error


def _machine(read: Instance) -> Machine:
    link = ResourceName(read.self_link)
    project, zone = link.project, link.part("zones")
    if not (read.id.isascii() and read.id.isdigit()) or project is None or zone is None:
        raise ValueError("the id is no number, or the selfLink names no project or zone")
    if link.part("instances") != read.name or len(read.service_accounts) > 1:
        raise ValueError("the selfLink names another machine, or there is more than one service account")
    account = read.service_accounts[0] if read.service_accounts else Account()
    if account.scopes and not account.email:
        raise ValueError("there are scopes without a service account")
    keys = {item.key: item.value for item in read.metadata.items}
    times = read.scheduling
    return Machine(
        id=read.id,
        name=read.name,
        project=project,
        zone=zone,
        status=read.status,
        self_link=read.self_link,
        fingerprint=read.fingerprint,
        account=account.email or None,
        scopes=tuple(account.scopes),
        labels=read.labels,
        created_by=keys.get("created-by", ""),
        metadata_keys=tuple(sorted(keys)),
        tags=tuple(read.tags.items),
        machine_type=read.machine_type.rpartition("/")[2],
        disks=tuple(_disk(disk) for disk in read.disks),
        accelerators=sum(one.accelerator_count for one in read.guest_accelerators),
        provisioning_model=times.provisioning_model,
        preemptible=times.preemptible,
        max_run_duration=times.max_run_duration.length if times.max_run_duration else None,
        termination_time=times.termination_time,
        termination_action=times.instance_termination_action,
        graceful_shutdown=_graceful(times.graceful_shutdown),
        node_affinities=bool(times.node_affinities),
        specific_reservation=read.reservation_affinity.consume_reservation_type.startswith("SPECIFIC"),
        resource_policies=tuple(read.resource_policies),
        external_addresses=_addresses(read.network_interfaces),
        subnetworks=tuple(one.subnetwork for one in read.network_interfaces if one.subnetwork),
        can_ip_forward=read.can_ip_forward,
        guest_os_features=frozenset(feature.type for disk in read.disks for feature in disk.guest_os_features),
        start_restricted=read.start_restricted,
        deletion_protection=read.deletion_protection,
        shielded=read.shielded_instance_config != Shielded(),
        last_start=read.last_start_timestamp,
    )


def _disk(disk: AttachedDisk) -> Disk:
    key = disk.disk_encryption_key
    return Disk(
        source=disk.source,
        kind=disk.type,
        mode=disk.mode,
        interface=disk.interface,
        boot=disk.boot,
        customer_supplied_key=bool(key.sha256) and not key.kms_key_name,
        kms_key=key.kms_key_name or None,
    )


def _graceful(shutdown: GracefulShutdown) -> timedelta | None:
    if not shutdown.enabled:
        return None
    return shutdown.max_duration.length if shutdown.max_duration else GRACEFUL


def _addresses(interfaces: list[NetworkInterface]) -> tuple[str, ...]:
    """The external addresses in their one spelling; an address that is none raises ValueError."""
    configs = [config for one in interfaces for config in (*one.access_configs, *one.ipv6_access_configs)]
    texts = [text for config in configs for text in (config.nat_ip, config.external_ipv6) if text]
    return tuple(dict.fromkeys(str(ip_address(text)) for text in texts))
