"""Route 53 Application Recovery Controller, routing control: the control plane and its data plane.

https://docs.aws.amazon.com/recovery-cluster/latest/api/resources.html (control plane)
https://docs.aws.amazon.com/routing-control/latest/APIReference/API_Operations.html (data plane)
Both are without regions here. The data plane answers in the five regions of a cluster's endpoints, so that a switch
can be thrown while one of them is lost.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.backend import Store, stores
from aws_emulator.store.paging import page

CONTROL = Service(
    "route53-recovery-control-config",
    "https://docs.aws.amazon.com/recovery-cluster/latest/api/resources.html",
    everywhere=True,
)
DATA = Service(
    "route53-recovery-cluster",
    "https://docs.aws.amazon.com/routing-control/latest/APIReference/API_Operations.html",
    everywhere=True,
)
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2")
"""https://docs.aws.amazon.com/r53recovery/latest/dg/introduction-regions-routing-control.html"""
_SERVICE = "route53-recovery-control"
_MISSING = "ResourceNotFoundException"


def _arn(path: str) -> make.Maker:
    return make.arn(_SERVICE, path, regional=False)


def _endpoints(_call: Call, record: Record) -> list[Record]:
    host = record["identifier"][:8]
    return [
        {"Region": region, "Endpoint": f"https://{host}.route53-recovery-cluster.{region}.amazonaws.com/v1"}
        for region in _REGIONS
    ]


def _default_panel(call: Call, record: Record) -> None:
    """https://docs.aws.amazon.com/recovery-cluster/latest/api/cluster.html"""
    PANEL.add(
        call,
        {"ClusterArn": record["ClusterArn"], "Name": "DefaultControlPanel", "DefaultControlPanel": True},
    )


def _only_default_left(call: Call, record: Record) -> None:
    panels = PANEL.records(call)
    own = [key for key, panel in panels.items() if panel["ClusterArn"] == record["ClusterArn"]]
    if any(not panels[key]["DefaultControlPanel"] or _controls(call, key[0]) for key in own):
        raise AwsError("ConflictException", "The cluster still has control panels or routing controls")
    for key in own:
        del panels[key]


CLUSTER = CONTROL.resource(
    Resource(
        name="cluster",
        key=("ClusterArn",),
        shapes=("Cluster",),
        inputs={"ClusterName": "Name"},
        defaults={"NetworkType": "IPV4"},
        make={
            "identifier": make.uuid_id(),
            "ClusterArn": _arn("cluster/{identifier}"),
            "ClusterEndpoints": _endpoints,
            "Owner": make.account,
            "Status": "DEPLOYED",
        },
        arn="ClusterArn",
        tags="Tags",
        create="CreateCluster",
        read="DescribeCluster",
        list="ListClusters",
        update="UpdateCluster",
        delete="DeleteCluster",
        on_create=_default_panel,
        on_delete=_only_default_left,
        not_emulated="the time that a deployment takes",
    )
)


def _controls(call: Call, panel: str) -> list[Record]:
    return [item for item in ROUTING.records(call).values() if item["ControlPanelArn"] == panel]


def _empty(call: Call, record: Record) -> None:
    panel = record["ControlPanelArn"]
    if record["DefaultControlPanel"]:
        raise AwsError("ConflictException", "The default control panel goes with its cluster")
    if _controls(call, panel) or any(rule["ControlPanelArn"] == panel for rule in RULE.records(call).values()):
        raise AwsError("ConflictException", "The control panel still has routing controls or safety rules")


PANEL = CONTROL.resource(
    Resource(
        name="control panel",
        key=("ControlPanelArn",),
        shapes=("ControlPanel",),
        inputs={"ControlPanelName": "Name"},
        defaults={"DefaultControlPanel": False},
        make={
            "identifier": make.hex_id("", 32),
            "ControlPanelArn": _arn("controlpanel/{identifier}"),
            "Owner": make.account,
            "Status": "DEPLOYED",
        },
        arn="ControlPanelArn",
        tags="Tags",
        create="CreateControlPanel",
        read="DescribeControlPanel",
        list="ListControlPanels",
        update="UpdateControlPanel",
        delete="DeleteControlPanel",
        on_create=lambda call, record: _in_cluster(call, record),
        on_delete=_empty,
        view=lambda call, record: {**record, "RoutingControlCount": len(_controls(call, record["ControlPanelArn"]))},
        not_emulated="the time that a deployment takes",
    )
)


def _in_cluster(call: Call, record: Record) -> None:
    if not record["DefaultControlPanel"]:
        CLUSTER.find(call, {"ClusterArn": record["ClusterArn"]})


def _in_panel(call: Call, record: Record) -> None:
    """A control without a panel is in the default panel of its cluster; it begins switched off."""
    CLUSTER.find(call, {"ClusterArn": record["ClusterArn"]})
    if "ControlPanelArn" not in record:
        record["ControlPanelArn"] = next(
            panel["ControlPanelArn"]
            for panel in PANEL.records(call).values()
            if panel["ClusterArn"] == record["ClusterArn"] and panel["DefaultControlPanel"]
        )
    panel = PANEL.find(call, {"ControlPanelArn": record["ControlPanelArn"]})
    if any(item["Name"] == record["Name"] for item in _controls(call, panel["ControlPanelArn"])):
        raise AwsError("ConflictException", f"The control panel has a routing control named {record['Name']}")
    record["RoutingControlArn"] = f"{panel['ControlPanelArn']}/routingcontrol/{record['identifier']}"


def _in_no_rule(call: Call, record: Record) -> None:
    for rule in RULE.records(call).values():
        if record["RoutingControlArn"] in _members(rule):
            raise AwsError("ConflictException", f"The safety rule {rule['Name']} is about this routing control")


ROUTING = CONTROL.resource(
    Resource(
        name="routing control",
        key=("RoutingControlArn",),
        shapes=("RoutingControl",),
        inputs={"RoutingControlName": "Name"},
        make={
            "identifier": make.hex_id("", 16),
            "Owner": make.account,
            "Status": "DEPLOYED",
            "RoutingControlState": "Off",
        },
        create="CreateRoutingControl",
        read="DescribeRoutingControl",
        list="ListRoutingControls",
        update="UpdateRoutingControl",
        delete="DeleteRoutingControl",
        on_create=_in_panel,
        on_delete=_in_no_rule,
        not_emulated="health checks, which would follow the state",
    )
)
_KINDS = {"AssertionRule": "ASSERTION", "GatingRule": "GATING"}


def _members(rule: Record) -> list[str]:
    lists = ("AssertedControls", "GatingControls", "TargetControls")
    return [control for name in lists for control in rule.get(name, [])]


RULE = Resource(
    name="safety rule",
    key=("SafetyRuleArn",),
    make={
        "identifier": make.hex_id("", 16),
        "SafetyRuleArn": lambda _call, record: f"{record['ControlPanelArn']}/safetyrule/{record['identifier']}",
        "Status": "DEPLOYED",
        "Owner": make.account,
    },
    arn="SafetyRuleArn",
)


def _as_rule(call: Call, record: Record) -> Record:
    member = record["kind"]
    return {member: RULE.described(call, call.operation.service_model.shape_for(member), record)}


@CONTROL.action("CreateSafetyRule")
def _create_rule(call: Call) -> Any:
    given = [member for member in _KINDS if member in call.params]
    if len(given) != 1:
        raise call.invalid("A safety rule is either an assertion rule or a gating rule")
    wanted = {**call.params[given[0]], "kind": given[0]}
    PANEL.find(call, wanted)
    for control in _members(wanted):
        if ROUTING.find(call, {"RoutingControlArn": control})["ControlPanelArn"] != wanted["ControlPanelArn"]:
            raise call.invalid(f"{control} is in another control panel")
    return _as_rule(call, RULE.add(call, wanted, call.params.get("Tags")))


@CONTROL.action("DescribeSafetyRule")
def _describe_rule(call: Call) -> Any:
    return _as_rule(call, RULE.find(call))


@CONTROL.action("UpdateSafetyRule")
def _update_rule(call: Call) -> Any:
    change = call.params.get("AssertionRuleUpdate") or call.params.get("GatingRuleUpdate")
    if change is None:
        raise call.invalid("There is nothing to update")
    record = RULE.find(call, change)
    record.update(Name=change["Name"], WaitPeriodMs=change["WaitPeriodMs"])
    return _as_rule(call, record)


@CONTROL.action("DeleteSafetyRule")
def _delete_rule(call: Call) -> Any:
    record = RULE.find(call)
    del RULE.records(call)[(record["SafetyRuleArn"],)]
    call.store.tags.pop(record["SafetyRuleArn"], None)
    return {}


@CONTROL.action("ListSafetyRules")
def _list_rules(call: Call) -> Any:
    rules = [rule for rule in RULE.records(call).values() if rule["ControlPanelArn"] == call.params["ControlPanelArn"]]
    chosen, following = page(call, rules)
    return {"SafetyRules": [{_KINDS[rule["kind"]]: _as_rule(call, rule)[rule["kind"]]} for rule in chosen], **following}


@CONTROL.action("ListAssociatedRoute53HealthChecks")
def _health_checks(call: Call) -> Any:
    ROUTING.find(call)
    return {"HealthCheckIds": []}


CONTROL.covers(
    "safety rule",
    "CreateSafetyRule",
    "DescribeSafetyRule",
    "UpdateSafetyRule",
    "DeleteSafetyRule",
    "ListSafetyRules",
    stored="the rules, which the data plane enforces",
    not_emulated="the wait period",
)
CONTROL.covers(
    "routing control, health checks",
    "ListAssociatedRoute53HealthChecks",
    stored="nothing",
    not_emulated="health checks that follow a routing control: the list is empty",
)
CONTROL.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))

# The data plane


def _control_store(call: Call) -> Store:
    """The data plane works on the control plane's records. It is served in the regions of the endpoints alone."""
    if call.region not in _REGIONS:
        raise AwsError("EndpointTemporarilyUnavailableException", f"A cluster has no endpoint in {call.region}")
    return stores(CONTROL.name)[call.account][call.partition]


def _routing(store: Store, arn: str) -> Record:
    control = store.table(ROUTING.name).get((arn,))
    if control is None:
        raise AwsError(_MISSING, f"Routing control {arn} does not exist", resourceId=arn, resourceType="RoutingControl")
    return control


@DATA.action("GetRoutingControlState")
def _get_state(call: Call) -> Any:
    control = _routing(_control_store(call), call.params["RoutingControlArn"])
    return {
        "RoutingControlArn": control["RoutingControlArn"],
        "RoutingControlState": control["RoutingControlState"],
        "RoutingControlName": control["Name"],
    }


@DATA.action("UpdateRoutingControlState")
def _set_state(call: Call) -> Any:
    _switch(call, {call.params["RoutingControlArn"]: call.params["RoutingControlState"]})
    return {}


@DATA.action("UpdateRoutingControlStates")
def _set_states(call: Call) -> Any:
    entries = call.params["UpdateRoutingControlStateEntries"]
    _switch(call, {entry["RoutingControlArn"]: entry["RoutingControlState"] for entry in entries})
    return {}


@DATA.action("ListRoutingControls")
def _list_states(call: Call) -> Any:
    store = _control_store(call)
    wanted = call.params.get("ControlPanelArn")
    controls = [
        {
            "ControlPanelArn": item["ControlPanelArn"],
            "ControlPanelName": store.table(PANEL.name)[(item["ControlPanelArn"],)]["Name"],
            "RoutingControlArn": item["RoutingControlArn"],
            "RoutingControlName": item["Name"],
            "RoutingControlState": item["RoutingControlState"],
            "Owner": item["Owner"],
        }
        for item in store.table(ROUTING.name).values()
        if wanted in (None, item["ControlPanelArn"])
    ]
    chosen, following = page(call, controls)
    return {"RoutingControls": list(chosen), **following}


def _switch(call: Call, wanted: dict[str, str]) -> None:
    """Set all of the states or none of them: the safety rules decide on the outcome.

    https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.safety-rules.html
    """
    store = _control_store(call)
    for arn in wanted:
        _routing(store, arn)
    states = {key[0]: item["RoutingControlState"] for key, item in store.table(ROUTING.name).items()}
    after = {**states, **wanted}
    overridden = call.params.get("SafetyRulesToOverride", [])
    for rule in store.table(RULE.name).values():
        if rule["SafetyRuleArn"] not in overridden and _forbids(rule, states, after, wanted):
            raise AwsError("ConflictException", f"The safety rule {rule['Name']} forbids this change")
    for arn, state in wanted.items():
        _routing(store, arn)["RoutingControlState"] = state


def _forbids(rule: Record, before: dict[str, str], after: dict[str, str], wanted: dict[str, str]) -> bool:
    if rule["kind"] == "AssertionRule":
        touched = set(rule["AssertedControls"]) & set(wanted)
        return bool(touched) and not _enough(rule["RuleConfig"], rule["AssertedControls"], after)
    touched = set(rule["TargetControls"]) & set(wanted)
    return bool(touched) and not _enough(rule["RuleConfig"], rule["GatingControls"], before)


def _enough(config: Record, controls: list[str], states: dict[str, str]) -> bool:
    """https://docs.aws.amazon.com/recovery-cluster/latest/api/safetyrule.html (RuleConfig)"""
    on = sum(states[control] == "On" for control in controls)
    needed = {"ATLEAST": config["Threshold"], "AND": len(controls), "OR": 1}[config["Type"]]
    return (on >= needed) != config["Inverted"]


DATA.covers(
    "routing control state",
    "GetRoutingControlState",
    "UpdateRoutingControlState",
    "UpdateRoutingControlStates",
    "ListRoutingControls",
    stored="the state of each routing control; safety rules are enforced",
    not_emulated="wait periods; health checks, which would follow the state",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    CONTROL.install()
    DATA.install()
