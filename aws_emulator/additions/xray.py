"""X-Ray: groups, sampling rules, encryption, resource policies.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
Traces are moto's.
"""

import json
from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page

SERVICE = Service("xray", "https://docs.aws.amazon.com/xray/latest/api/API_Operations.html")
_ERROR = "InvalidRequestException"


def _insights(_call: Call, record: Record) -> None:
    given = record.get("InsightsConfiguration", {})
    record["InsightsConfiguration"] = {"InsightsEnabled": False, "NotificationsEnabled": False, **given}


GROUP = Resource(
    name="group",
    key=("GroupARN",),
    also=("GroupName",),
    shapes=("Group", "GroupSummary"),
    make={
        "identifier": make.hex_id("", 26),
        "GroupARN": make.arn("xray", "group/{GroupName}/{identifier}"),
    },
    arn="GroupARN",
    tags="Tags",
    create="CreateGroup",
    list="GetGroups",
    on_create=_insights,
    not_found=_ERROR,
    not_emulated="selection of traces by the group's expression",
)


def _named(call: Call) -> Record:
    """A request names a group by its ARN or by its name."""
    named = call.params.get("GroupARN") or call.params.get("GroupName")
    return GROUP.find(call, {"GroupARN": named})


SERVICE.resource(GROUP)


@SERVICE.action("GetGroup")
def _get_group(call: Call) -> Any:
    return GROUP.answer(call, _named(call))


@SERVICE.action("UpdateGroup")
def _update_group(call: Call) -> Any:
    record = _named(call)
    names = ("FilterExpression", "InsightsConfiguration")
    record.update({name: call.params[name] for name in names if name in call.params})
    _insights(call, record)
    return GROUP.answer(call, record)


@SERVICE.action("DeleteGroup")
def _delete_group(call: Call) -> Any:
    record = _named(call)
    del GROUP.records(call)[(record["GroupARN"],)]
    call.store.tags.pop(record["GroupARN"], None)
    return {}


SERVICE.covers(
    "group, by name or ARN",
    "GetGroup",
    "UpdateGroup",
    "DeleteGroup",
    stored="the filter expression and insights configuration",
    not_emulated="selection of traces, insights",
)

_DEFAULT_RULE = {
    "RuleName": "Default",
    "ResourceARN": "*",
    "Priority": 10000,
    "FixedRate": 0.05,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
    "Attributes": {},
}
"""https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html"""


def _rules(call: Call) -> dict[tuple[str, ...], Record]:
    """The sampling rules, by name; the default rule is always there."""
    table = call.store.table("sampling rule")
    if not table:
        _keep_rule(call, table, dict(_DEFAULT_RULE))
    return table


def _keep_rule(call: Call, table: dict[tuple[str, ...], Record], rule: Record) -> Record:
    rule["RuleARN"] = call.arn("xray", f"sampling-rule/{rule['RuleName']}")
    record = {"SamplingRule": rule, "CreatedAt": make.now(), "ModifiedAt": make.now()}
    table[(rule["RuleName"],)] = record
    return record


def _rule(call: Call, named: Record) -> Record:
    for record in _rules(call).values():
        rule = record["SamplingRule"]
        if rule["RuleName"] == named.get("RuleName") or rule["RuleARN"] == named.get("RuleARN"):
            return record
    raise AwsError(_ERROR, "Sampling rule does not exist.")


@SERVICE.action("CreateSamplingRule")
def _create_rule(call: Call) -> Any:
    rule = {"Attributes": {}, **call.params["SamplingRule"]}
    if (rule.get("RuleName"),) in _rules(call):
        raise AwsError(_ERROR, f"Sampling rule {rule['RuleName']} already exists.")
    record = _keep_rule(call, _rules(call), rule)
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", [])}
    call.store.tags[rule["RuleARN"]] = tags
    return {"SamplingRuleRecord": record}


@SERVICE.action("GetSamplingRules")
def _get_rules(call: Call) -> Any:
    chosen, following = page(call, list(_rules(call).values()))
    return {"SamplingRuleRecords": list(chosen), **following}


@SERVICE.action("UpdateSamplingRule")
def _update_rule(call: Call) -> Any:
    change = call.params["SamplingRuleUpdate"]
    record = _rule(call, change)
    identity = ("RuleName", "RuleARN")
    record["SamplingRule"].update({name: value for name, value in change.items() if name not in identity})
    record["ModifiedAt"] = make.now()
    return {"SamplingRuleRecord": record}


@SERVICE.action("DeleteSamplingRule")
def _delete_rule(call: Call) -> Any:
    record = _rule(call, dict(call.params))
    if record["SamplingRule"]["RuleName"] == "Default":
        raise AwsError(_ERROR, "The default sampling rule cannot be deleted.")
    del _rules(call)[(record["SamplingRule"]["RuleName"],)]
    call.store.tags.pop(record["SamplingRule"]["RuleARN"], None)
    return {"SamplingRuleRecord": record}


SERVICE.covers(
    "sampling rule",
    "CreateSamplingRule",
    "GetSamplingRules",
    "UpdateSamplingRule",
    "DeleteSamplingRule",
    stored="the rules, with the default one",
    not_emulated="sampling targets",
)


@SERVICE.action("GetEncryptionConfig", "PutEncryptionConfig")
def _encryption(call: Call) -> Any:
    settings = call.store.settings
    if "Type" in call.params:
        if (call.params["Type"] == "KMS") != ("KeyId" in call.params):
            raise AwsError(_ERROR, "A key goes with the type KMS, and only with it.")
        settings["encryption"] = {**call.params, "Status": "ACTIVE"}
    return {"EncryptionConfig": settings.get("encryption", {"Type": "NONE", "Status": "ACTIVE"})}


SERVICE.covers(
    "encryption",
    "GetEncryptionConfig",
    "PutEncryptionConfig",
    stored="the type and the key",
    not_emulated="encryption of traces",
)

_MOST_POLICIES, _MOST_POLICY_BYTES = 5, 5_120
"""https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html"""


def _at_revision(record: Record | None, wanted: str | None) -> None:
    """A request may name the revision that it was made for; 0 is that of a policy that is not there yet."""
    if wanted is not None and wanted != (record["PolicyRevisionId"] if record else "0"):
        raise AwsError("InvalidPolicyRevisionIdException", f"The policy is not at revision {wanted}")


@SERVICE.action("PutResourcePolicy")
def _put_policy(call: Call) -> Any:
    table, name = call.store.table("resource policy"), call.params["PolicyName"]
    earlier, document = table.get((name,)), call.params["PolicyDocument"]
    _at_revision(earlier, call.params.get("PolicyRevisionId"))
    if earlier is None and len(table) == _MOST_POLICIES:
        raise AwsError("PolicyCountLimitExceededException", f"There are {_MOST_POLICIES} resource policies")
    if len(document.encode()) > _MOST_POLICY_BYTES:
        raise AwsError("PolicySizeLimitExceededException", f"A policy has {_MOST_POLICY_BYTES} bytes at most")
    try:
        json.loads(document)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocumentException", f"The policy is no JSON: {error}") from error
    revision = int(earlier["PolicyRevisionId"]) + 1 if earlier else 1
    table[(name,)] = {
        "PolicyName": name,
        "PolicyDocument": document,
        "PolicyRevisionId": str(revision),
        "LastUpdatedTime": make.now(),
    }
    return {"ResourcePolicy": table[(name,)]}


@SERVICE.action("ListResourcePolicies")
def _list_policies(call: Call) -> Any:
    chosen, following = page(call, list(call.store.table("resource policy").values()))
    return {"ResourcePolicies": list(chosen), **following}


@SERVICE.action("DeleteResourcePolicy")
def _delete_policy(call: Call) -> Any:
    table, name = call.store.table("resource policy"), call.params["PolicyName"]
    if (name,) not in table:
        raise AwsError(_ERROR, f"There is no resource policy {name}.")
    _at_revision(table[(name,)], call.params.get("PolicyRevisionId"))
    del table[(name,)]
    return {}


SERVICE.covers(
    "resource policy",
    "PutResourcePolicy",
    "ListResourcePolicies",
    "DeleteResourcePolicy",
    stored="the policy, by name, with its revision",
    not_emulated="what it allows",
)
SERVICE.tagging(Tagging(arn="ResourceARN", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
