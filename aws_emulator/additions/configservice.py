"""AWS Config: conformance packs, remediation, stored queries.

https://docs.aws.amazon.com/config/latest/APIReference/API_Operations.html
Recorders, delivery channels, rules, aggregators and retention are moto's.
"""

from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service("config", "https://docs.aws.amazon.com/config/latest/APIReference/API_Operations.html")


def _needs_template(call: Call, record: Record) -> None:
    if not call.moto("config").recorders:
        raise AwsError("InsufficientPermissionsException", "There is no configuration recorder in this region")
    sources = ("TemplateBody", "TemplateS3Uri", "TemplateSSMDocumentDetails", "Source")
    if not any(record.get(name) for name in sources):
        raise call.invalid("A conformance pack needs a template")
    record["LastUpdateRequestedTime"] = make.now()
    record["LastUpdateCompletedTime"] = make.now()


PACK = SERVICE.resource(
    Resource(
        name="conformance pack",
        key=("ConformancePackName",),
        shapes=("ConformancePackDetail",),
        defaults={"ConformancePackInputParameters": []},
        make={
            "ConformancePackId": lambda _call, _record: f"conformance-pack-{mock_random.get_random_hex(9)}",
            "ConformancePackArn": make.arn("config", "conformance-pack/{ConformancePackName}/{ConformancePackId}"),
            "ConformancePackState": "CREATE_COMPLETE",
        },
        arn="ConformancePackArn",
        tags="Tags",
        put="PutConformancePack",
        list="DescribeConformancePacks",
        delete="DeleteConformancePack",
        filters={"ConformancePackNames": "ConformancePackName"},
        names="ConformancePackNames",
        on_create=_needs_template,
        on_update=_needs_template,
        not_found="NoSuchConformancePackException",
        not_emulated="the rules of the template: they are not created, nothing is evaluated",
    )
)


@SERVICE.action("DescribeConformancePackStatus")
def _status(call: Call) -> Any:
    wanted = call.params.get("ConformancePackNames")
    packs = [pack for pack in PACK.records(call).values() if not wanted or pack["ConformancePackName"] in wanted]
    for pack in packs:
        pack.setdefault("StackArn", call.arn("cloudformation", f"stack/awsconfigconforms-{pack['ConformancePackId']}"))
    shape = call.output.members["ConformancePackStatusDetails"].member
    return {"ConformancePackStatusDetails": [PACK.described(call, shape, pack) for pack in packs]}


SERVICE.covers(
    "conformance pack, status",
    "DescribeConformancePackStatus",
    stored="nothing: a pack is complete at once",
    not_emulated="the stack that AWS makes of a pack",
)

REMEDIATION = SERVICE.resource(
    Resource(
        name="remediation configuration",
        key=("ConfigRuleName",),
        shapes=("RemediationConfiguration",),
        list="DescribeRemediationConfigurations",
        delete="DeleteRemediationConfiguration",
        filters={"ConfigRuleNames": "ConfigRuleName"},
        not_found="NoSuchRemediationConfigurationException",
        not_emulated="remediation",
    )
)


@SERVICE.action("PutRemediationConfigurations")
def _put_remediation(call: Call) -> Any:
    for wanted in call.params["RemediationConfigurations"]:
        rule = call.moto("config").config_rules.get(wanted["ConfigRuleName"])
        if rule is None:
            raise AwsError("InvalidParameterValueException", f"There is no rule {wanted['ConfigRuleName']}")
        identifier = mock_random.uuid4()
        arn = call.arn("config", f"remediation-configuration/{wanted['ConfigRuleName']}/{identifier}")
        existing = REMEDIATION.records(call).get((wanted["ConfigRuleName"],), {"Arn": arn})
        record = {"Automatic": False, **wanted, "Arn": existing["Arn"]}
        REMEDIATION.records(call)[(wanted["ConfigRuleName"],)] = record
    return {"FailedBatches": []}


@SERVICE.action("DescribeRemediationExecutionStatus")
def _executions(call: Call) -> Any:
    REMEDIATION.find(call)
    return {"RemediationExecutionStatuses": []}


SERVICE.covers(
    "remediation configuration, other",
    "PutRemediationConfigurations",
    "DescribeRemediationExecutionStatus",
    stored="the configuration of each rule",
    not_emulated="executions: there are none",
)

QUERY = SERVICE.resource(
    Resource(
        name="stored query",
        key=("QueryName",),
        shapes=("StoredQuery", "StoredQueryMetadata"),
        make={
            "QueryId": make.hex_id("query-", 9),
            "QueryArn": make.arn("config", "stored-query/{QueryName}/{QueryId}"),
        },
        arn="QueryArn",
        tags="Tags",
        read="GetStoredQuery",
        list="ListStoredQueries",
        delete="DeleteStoredQuery",
        not_emulated="running the query",
    )
)


@SERVICE.action("PutStoredQuery")
def _put_query(call: Call) -> Any:
    wanted = dict(call.params["StoredQuery"])
    existing = QUERY.records(call).get((wanted["QueryName"],))
    if existing:
        existing.update(wanted)
        return {"QueryArn": existing["QueryArn"]}
    return {"QueryArn": QUERY.add(call, wanted, call.params.get("Tags"))["QueryArn"]}


SERVICE.covers("stored query, put", "PutStoredQuery", stored="the query", not_emulated="running it")
SERVICE.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags", moto_has=True))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
