"""What must hold of the stacks as wholes, so that one region can take over from the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Finding, Parameter, Parameters, Rules
from policy.rules.rds import is_reader
from policy.stack import Stack
from policy.values import NotEvaluatedError, has_reference, references_in

RULES = Rules("Recovery")

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
_INTAKE_TYPES = (t.FUNCTION, t.ECS_SERVICE, _DEPLOYMENT, _STATEFUL_SET)
_INTAKE = {
    "names": Parameter("array", [], "Names of what takes orders; * for a part.", items="string", needed=True),
}


def _aws_name(resource: Resource) -> str:
    if resource.type == t.SCALING_TARGET:
        return resource.text("resourceId").rpartition("/")[2]
    if resource.type == _SCALER:
        return resource.text("spec.scaleTargetRef.name")
    metadata = resource.peek("metadata.name")
    name = resource.peek("name")
    return name if isinstance(name, str) else metadata if isinstance(metadata, str) else resource.name


def _takes_orders(resource: Resource, parameters: Parameters) -> bool:
    return any(fnmatchcase(_aws_name(resource), pattern) for pattern in parameters["names"])


@RULES.resource(
    *_INTAKE_TYPES,
    t.SCALING_TARGET,
    _SCALER,
    id="order-intake-floor",
    title="Order intake always has running capacity",
    remediation="Leave it a floor above zero: no reservedConcurrentExecutions of 0, one task or replica at least.",
    needs=("reservedConcurrentExecutions", (t.ECS_SERVICE, "desiredCount"), (_DEPLOYMENT, "spec.replicas")),
    parameters=_INTAKE,
)
def intake_floor(resource: Resource, parameters: Parameters) -> Iterator[str]:
    """Static stability: a takeover must not depend on scaling from zero."""
    if not _takes_orders(resource, parameters):
        return
    if resource.type == t.FUNCTION:
        floor = resource.number("reservedConcurrentExecutions")
    elif resource.type == t.ECS_SERVICE:
        daemon = resource.text("schedulingStrategy") == "DAEMON"
        floor = None if daemon else resource.number("desiredCount") or 0
    elif resource.type == t.SCALING_TARGET:
        floor = resource.number("minCapacity") if resource.text("serviceNamespace") == "ecs" else None
    elif resource.type == _SCALER:
        floor = resource.number("spec.minReplicas")
    else:
        floor = resource.number("spec.replicas")
    if floor == 0:
        yield "has no running capacity"


@RULES.parity(
    *_INTAKE_TYPES,
    id="order-intake-in-recovery",
    title="Both regions have order intake",
    remediation="Declare it in the recovery stack too; the lease keeps it from accepting orders.",
    needs=(),
    parameters=_INTAKE,
)
def intake_in_recovery(resource: Resource, _: Stack, recovery: Stack, parameters: Parameters) -> Iterator[str]:
    """A takeover that deploys first depends on the control plane."""
    if not _takes_orders(resource, parameters):
        return
    if not any(other.name == resource.name for other in recovery.of_type(resource.type)):
        yield f"is not deployed in {recovery.region}"


def _failover_records(stack: Stack) -> list[Resource]:
    return [record for record in stack.of_type(t.DNS_RECORD) if record.items("failoverRoutingPolicies")]


def _is_watched(record: Resource) -> bool:
    """Whether Route 53 can find the side unhealthy; the SECONDARY is what is left when nothing else is."""
    if all(policy.get("type") != "PRIMARY" for policy in record.items("failoverRoutingPolicies")):
        return True
    return record.has("healthCheckId") or any(alias.get("evaluateTargetHealth") for alias in record.items("aliases"))


@RULES.parity(
    t.API_STAGE,
    id="failover-routing",
    title="Failover records exist for both regions",
    remediation="Declare Route 53 records with failoverRoutingPolicies PRIMARY and SECONDARY for the API's name.",
    needs=((t.DNS_RECORD, "failoverRoutingPolicies"),),
)
def failover_routing(_: Resource, primary: Stack, recovery: Stack, __: Parameters) -> Iterator[Finding]:
    """The PRIMARY and the SECONDARY record of each name must exist before a failover, in either stack."""
    sides: dict[str, set[str]] = defaultdict(set)
    for record in [*_failover_records(primary), *_failover_records(recovery)]:
        if not _is_watched(record):
            yield record, "has no health check, so that Route 53 never fails over"
        sides[record.text("name")] |= {str(policy.get("type")) for policy in record.items("failoverRoutingPolicies")}
    if not sides:
        yield "no record is the PRIMARY and the SECONDARY of a failover"
    for name, found in sorted(sides.items()):
        missing = [side for side in ("PRIMARY", "SECONDARY") if side not in found]
        if missing:
            yield f"no record is the {' and the '.join(missing)} of the failover of {name}"


@RULES.joined(
    t.DNS_RECORD,
    id="failover-sides-apart",
    title="PRIMARY and SECONDARY records lead to different regions",
    remediation="Let the PRIMARY record lead to the primary region and the SECONDARY to the recovery region.",
    needs=("failoverRoutingPolicies", "records"),
)
def sides_apart(record: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A failover between two names of one target has no effect.

    The stack that declares the SECONDARY is the recovery stack; a value from the other stack leads back to the primary.
    """
    if not _side(record, "SECONDARY"):
        return
    ours = _places(record)
    for other in _failover_records(stack):
        same_name = other.peek("name") == record.peek("name") and other.peek("zoneId") == record.peek("zoneId")
        if same_name and _side(other, "PRIMARY") and ours and ours == _places(other):
            yield f"points to the target of {other.name}"
            return
    references = [reference for place in ours for reference in references_in(place)]
    if references and all(reference.elsewhere for reference in references):
        yield "points to the other stack, as the PRIMARY record does"


def _side(record: Resource, side: str) -> bool:
    return any(policy.get("type") == side for policy in record.items("failoverRoutingPolicies"))


def _places(record: Resource) -> frozenset[str]:
    found = [str(value) for value in record.items("records")]
    found += [str(alias.get("name")) for alias in record.items("aliases")]
    # DNS names have no case, and a dot at the end changes nothing (RFC 4343, RFC 1034 section 3.1); references have.
    return frozenset(name if has_reference(name) else name.lower().rstrip(".") for name in found)


@RULES.joined(
    t.HEALTH_CHECK,
    id="health-check-sound",
    title="Health checks are enabled and request an existing path",
    remediation="Set disabled to false, resourcePath to a path of the API with its stage, and invertHealthcheck to "
    "true only for the switch.",
    needs=("disabled", "resourcePath", "invertHealthcheck"),
    parameters={
        "inverted": Parameter(
            "array",
            [],
            "Paths of checks that must be inverted, since a healthy answer there means that the standby has taken "
            "over; * for a part.",
            items="string",
        )
    },
)
def health_sound(check: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Route 53 treats a disabled health check as healthy (Route 53 API, HealthCheckConfig), so that no failover
    happens.

    A path that the API does not have returns 403, and the check reports a false failure.
    """
    if check.flag("disabled"):
        yield "is disabled"
    # Route 53 API, HealthCheckConfig, HealthThreshold: with 0 the check is always healthy.
    if check.text("type") == "CALCULATED" and check.number("childHealthThreshold") == 0:
        yield "is healthy whatever its children report"
    if check.text("type") not in _PROBED:
        return
    path = check.text("resourcePath")
    inverted = any(fnmatchcase(path, pattern) for pattern in parameters["inverted"])
    if check.flag("invertHealthcheck") != inverted:
        yield "is inverted" if not inverted else "is not inverted, so that the standby never takes over"
    api = next((a for a in stack.targets(check, "fqdn", t.REST_API) if isinstance(a, Resource)), None)
    paths = (api.document("body") or {}).get("paths") if api is not None else None
    if api is not None and paths and not any(_is_path(path, pattern) for pattern in paths):
        yield f"asks for {path or '/'}, which {api.name} does not have"


def _is_path(path: str, pattern: str) -> bool:
    """Whether a path, which begins with the stage, is of an operation; `{name}` is any one segment."""
    asked = path.strip("/").split("/")[1:]
    parts = pattern.strip("/").split("/")
    return len(asked) == len(parts) and all(p == a or p.startswith("{") for p, a in zip(parts, asked, strict=True))


# Route 53 API Reference, HealthCheckConfig: what holds where nothing is said, in seconds and observations; and the
# time to live of an alias record to an API or a load balancer (Route 53 Developer Guide, "Choosing between alias and
# non-alias records").
_INTERVAL, _THRESHOLD, _ALIAS_TTL = 30, 3, 60
_PROBED = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")


@RULES.joined(
    t.DNS_RECORD,
    id="rto-budget",
    title="Health checks, time to live and the measured switch fit into the recovery time",
    remediation="Use requestInterval 10, a lower failureThreshold, a shorter ttl, or a routing control.",
    needs=("ttl", (t.HEALTH_CHECK, "requestInterval"), (t.HEALTH_CHECK, "failureThreshold")),
    parameters={
        "budgetSeconds": Parameter("number", 30, "From the decision to the first order accepted.", minimum=0),
        "signals": Parameter(
            "array",
            [],
            "Names that tell observers what checkers see, and that no client asks for.",
            items="string",
        ),
        "measuredSwitchSeconds": Parameter(
            "number",
            15,
            "From the decision to the first order at most, the lease included, beside health checks and time to live: "
            "what the recovery budget of the settings counts.",
            minimum=0,
        ),
    },
)
def rto_budget(record: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """interval x threshold + time to live + measured switch: 3 x 10 + 60 is 90 s, 1 x 10 + 5 is 15 s.

    Detection is no part of the recovery time, so that names which only carry the checkers' verdict are left out.
    """
    if not record.items("failoverRoutingPolicies") or any(
        fnmatchcase(record.text("name"), pattern) for pattern in parameters["signals"]
    ):
        return
    ttl = _ALIAS_TTL if record.has("aliases") else record.number("ttl") or 0
    check = stack.in_plan(record, "healthCheckId", t.HEALTH_CHECK)
    notice = _seconds_to_notice(check, stack) if check is not None else 0.0
    switch, budget = parameters["measuredSwitchSeconds"], parameters["budgetSeconds"]
    if notice + ttl + switch > budget:
        yield f"{notice:g} s to notice + {ttl:g} s to live + {switch:g} s to switch is more than {budget:g} s"


def _seconds_to_notice(check: Resource, stack: Stack) -> float:
    """A calculated check is as slow as the slowest of its children; a routing control changes at once."""
    if check.text("type") == "CALCULATED":
        children = stack.targets(check, "childHealthchecks", t.HEALTH_CHECK)
        if not all(isinstance(child, Resource) for child in children):
            raise NotEvaluatedError("childHealthchecks", "names a health check that is not in the plan")
        return max((_seconds_to_notice(child, stack) for child in children if isinstance(child, Resource)), default=0.0)
    if check.text("type") not in _PROBED:
        return 0.0
    return (check.number("requestInterval") or _INTERVAL) * (check.number("failureThreshold") or _THRESHOLD)


@RULES.stack(
    t.AWS_PROVIDER,
    id="recovery-independent",
    title="A stack that has taken over does not depend on the failed region",
    remediation="Declare resources of the other region only while the stack is the standby, with retainOnDelete.",
    needs=((t.AWS_PROVIDER, "region"),),
)
def independent(stack: Stack, _: Parameters) -> Iterator[Finding]:
    """An update that calls an unreachable region does not finish.

    A provider calls AWS for its account when it is configured, even if it manages no resource.
    """
    strangers = [provider for provider in stack.of_type(t.AWS_PROVIDER) if provider.text("region") != stack.region]
    abroad = [r for r in stack.resources if r.type.startswith("aws:") and r.peek("region") not in (None, stack.region)]
    if not (strangers or abroad) or not stack.exported("active"):
        return
    for resource in abroad:
        yield resource, f"is declared in {resource.text('region')}"
    for provider in strangers:
        users = sum(resource.provider == provider.urn for resource in stack.resources)
        if users:
            yield provider, f"calls {provider.text('region')} for {users} resources"
        elif not all(provider.flag(check) for check in ("skipCredentialsValidation", "skipRequestingAccountId")):
            yield provider, f"calls {provider.text('region')} for the account"


_IN_FLIGHT = "Each region has its own; what is on the lost one's is drained when the region is back, or sent again."
_BY_DESIGN = {
    t.STREAM: _IN_FLIGHT,
    t.QUEUE: _IN_FLIGHT,
    t.EVENT_ARCHIVE: "Each region archives its own events; the data themselves are in replicated stores.",
    "aws:elasticache/replicationGroup:ReplicationGroup": "Filled anew from tables and streams; it holds nothing else.",
    "aws:elasticache/cluster:Cluster": "Filled anew from tables and streams; it holds nothing else.",
}
_STORES = (
    t.RDS_INSTANCE,
    t.EFS_FILE_SYSTEM,
    t.CACHE_GROUP,
    t.CACHE_CLUSTER,
    t.VOLUME,
    t.STREAM,
    t.QUEUE,
    t.EVENT_ARCHIVE,
    t.RDS_CLUSTER,
    "aws:docdb/cluster:Cluster",
    "aws:neptune/cluster:Cluster",
    "aws:opensearch/domain:Domain",
    "aws:redshift/cluster:Cluster",
    "aws:memorydb/cluster:Cluster",
    "aws:fsx/ontapFileSystem:OntapFileSystem",
)


@RULES.parity(
    *_STORES,
    id="stateful-replicated",
    title="Every stateful resource has a replica in the recovery region",
    remediation="Declare the replica in the recovery stack, or write into `byDesign` why there is none.",
    needs=((t.RDS_INSTANCE, "replicateSourceDb"), (t.EFS_REPLICATION, "sourceFileSystemId")),
    parameters={
        "byDesign": Parameter(
            "object", _BY_DESIGN, "Types, or URNs with * for a part, without a replica: the reason.", items="string"
        )
    },
)
def stateful_replicated(store: Resource, primary: Stack, recovery: Stack, parameters: Parameters) -> Iterator[str]:
    """Tables, records, keys, secrets, images and backups have rules of their own. Read replicas are not judged."""
    # One that has taken over keeps its database's reference to the source; the primary's other side it has left.
    if not (recovery.standing_by or store.type == t.RDS_INSTANCE) or any(
        str(reason).strip() and (store.type == pattern or fnmatchcase(store.urn, pattern))
        for pattern, reason in parameters["byDesign"].items()
    ):
        return
    if store.type == t.RDS_INSTANCE and is_reader(store, primary):
        return
    sources = {
        t.RDS_INSTANCE: (t.RDS_INSTANCE, "replicateSourceDb"),
        t.RDS_CLUSTER: (t.RDS_CLUSTER, "replicationSourceIdentifier"),
        t.EFS_FILE_SYSTEM: (t.EFS_REPLICATION, "sourceFileSystemId"),
    }
    type_, path = sources.get(store.type, (store.type, "globalReplicationGroupId"))
    replicas = [*recovery.of_type(type_)]
    if not any(store in primary.referred_by(recovery, replica, path) for replica in replicas):
        yield f"has no replica in {recovery.region}"


_PROTECTED = (
    t.TABLE,
    t.TABLE_REPLICA,
    t.BUCKET,
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    t.EFS_FILE_SYSTEM,
    t.VOLUME,
    t.KEY,
    t.REPLICA_KEY,
    t.SECRET,
    t.ECR_REPOSITORY,
    t.BACKUP_VAULT,
    t.STREAM,
    t.QUEUE,
    t.EVENT_ARCHIVE,
    t.TRAIL,
)


@RULES.joined(
    *_PROTECTED,
    id="stateful-protected",
    title="Stateful resources are protected against deletion by the engine",
    remediation="Set the option protect, or retainOnDelete for what the recovery stack only adds.",
    needs=((t.TABLE, "options.protect"),),
)
def stateful_protected(resource: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A replacement deletes the old resource. Read replicas hold no data of their own and are not judged."""
    if resource.type == t.RDS_INSTANCE and is_reader(resource, stack):
        return
    if not resource.option("protect") and not resource.option("retainOnDelete"):
        yield "has neither protect nor retainOnDelete"
