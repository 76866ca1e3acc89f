"""Virtual machines as Compute Engine tells of them: the machine itself, its console, its policy, its flow logs.

Whoever writes here later: the methods that change something (`instances.stop`) return an `ExtendedOperation`, which
polls through a client of its own that ignores our endpoint. Call their `..._unary` twins, which return the plain
`compute_v1.Operation`, keep its name, and ask `zone_operations` for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.compute_around import surroundings
from shared.errors import LookFailed, Unreadable
from shared.machines.reading import machine_from
from shared.model.facts import Binding, Condition, FlowLogs, Policy
from shared.model.machine import Machine
from shared.model.memory import SerialOutput
from shared.model.names import ResourceName, Role

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

__all__ = ["flow_logs", "machine", "policy", "serial", "surroundings"]
HOST = "//compute.googleapis.com"
BUFFER = 1_048_576
"""How much of a console is kept (compute v1, instances.getSerialPortOutput)."""
MOST_READINGS = 64


def machine(clients: GoogleClients, project: str, zone: str, instance: str) -> Machine:
    """A virtual machine by name or numeric id, as it is now.

    Raises:
        NotAllowedToLook: `compute.instances.get` is missing.
        NotFound: there is no such machine.
        LookFailed: no usable answer.
    """
    from google.cloud.compute_v1 import GetInstanceRequest, Instance
    from google.protobuf.json_format import MessageToDict

    what, about = "read the state", _name(project, zone, instance)
    request = GetInstanceRequest(project=project, zone=zone, instance=instance)
    with asking(what, about, "compute.instances.get"):
        answer = clients.instances.get(request=request, **limits())
        body = MessageToDict(Instance.pb(answer))
    try:
        return machine_from(body)
    except Unreadable as error:
        raise LookFailed(what, about, str(error)) from error


def serial(clients: GoogleClients, project: str, zone: str, instance: str) -> SerialOutput:
    """Everything that serial port 1 of a running machine still held when it was first asked, and often more.

    Where bytes are lost between two readings, a line ends in the text, and they count among the lost.

    Raises:
        NotAllowedToLook: `compute.instances.getSerialPortOutput` is missing.
        NotFound: there is no such machine.
        LookFailed: no usable answer, as for a machine that does not run, or no end of it.
    """
    asked = {"project": project, "zone": zone, "instance": instance, "port": 1}
    what, about = "read the serial console", _name(project, zone, instance)
    texts: list[str] = []
    first = position = lost = 0
    for _ in range(MOST_READINGS):
        with asking(what, about, "compute.instances.getSerialPortOutput"):
            reply = clients.instances.get_serial_port_output(request={**asked, "start": position}, **limits())
        if not reply.contents:
            break
        if not position <= reply.start < reply.next:
            raise LookFailed(what, about, "the positions in the answer make no sense")
        gap = reply.start - position
        first = first if texts else reply.start
        texts += ["\n", reply.contents] if gap and texts else [reply.contents]
        lost, position = lost + gap, reply.next
        if position - first >= BUFFER:
            break  # all that was there at the first reading, and perhaps more
    else:
        raise LookFailed(what, about, "it is written faster than it can be read")
    return SerialOutput(text="".join(texts), start=first, next=position, lost=lost)


def flow_logs(clients: GoogleClients, subnet: str) -> FlowLogs:
    """Whether a subnetwork, `projects/P/regions/R/subnetworks/S` or its URL, has flow logs on.

    Configurations of the Network Management API (`vpcFlowLogsConfigs`) are not among this: they may be on as well.

    Raises:
        NotAllowedToLook: `compute.subnetworks.get` is missing.
        NotFound: there is no such subnetwork.
        LookFailed: no usable answer, or this names no subnetwork.
    """
    what, permission = "read the flow log settings", "compute.subnetworks.get"
    name = ResourceName(subnet)
    project, region, own = name.project, name.part("regions"), name.part("subnetworks")
    if not (project and region and own):
        raise LookFailed(what, subnet, "this is not projects/P/regions/R/subnetworks/S")
    about = f"{HOST}/projects/{project}/regions/{region}/subnetworks/{own}"
    with asking(what, about, permission):
        found = clients.subnetworks.get(request={"project": project, "region": region, "subnetwork": own}, **limits())
        settings = found.log_config
        sampling = round(settings.flow_sampling, 4) if "flow_sampling" in settings else None
        return FlowLogs(
            subnet=subnet,
            enabled=settings.enable or found.enable_flow_logs,
            sampling=sampling,
            filter=settings.filter_expr,
        )


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The allow policy of a virtual machine by its full resource name.

    Raises:
        NotAllowedToLook: `compute.instances.getIamPolicy` is missing.
        NotFound: there is no such machine.
        LookFailed: no usable answer, or the resource is no virtual machine.
    """
    what, name = "read the policy", ResourceName(resource)
    project, zone, instance = name.project, name.part("zones"), name.part("instances")
    if not (project and zone and instance):
        raise LookFailed(what, resource, "of Compute Engine, only policies of virtual machines are read")
    asked = {"project": project, "zone": zone, "resource": instance, "options_requested_policy_version": 3}
    with asking(what, resource, "compute.instances.getIamPolicy"):
        answer = clients.instances.get_iam_policy(request=asked, **limits())
        bindings = tuple(_binding(one) for one in answer.bindings)
        return Policy(resource=resource, bindings=bindings, etag=answer.etag, version=answer.version)


def _binding(binding: Any) -> Binding:
    said = binding.condition
    condition = Condition(title=said.title, expression=said.expression, description=said.description)
    return Binding(
        role=Role(binding.role),
        members=tuple(binding.members),
        condition=condition if "condition" in binding else None,
    )


def _name(project: str, zone: str, instance: str) -> str:
    """The full resource name of a machine, by whatever it is called."""
    return f"{HOST}/projects/{project}/zones/{zone}/instances/{instance}"
