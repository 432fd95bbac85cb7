"""C6 and E6: the functions, what they are told, and what they may do."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from blueprint import Blueprint, Resource, record_primary
from blueprint.references import references_in
from components.settings import Settings
from components.settings.consistency.functions import SINGLE_FUNCTIONS, redrive_routes
from functions import packaging
from functions.environment import Environment
from functions.order_intake.lease import LeaseSettings
from tests.components.security.graph import document, listed, statement, statements

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
SCHEDULE = "aws:scheduler/schedule:Schedule"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
EVENT_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"

NAMES = {"authorizer": "authorizer", "order-intake": "order_intake", "redrive": "redrive", "integrity": "integrity"}
ON_THE_HOT_PATH = ("authorizer", "order-intake")
IN_THE_VPC = ("authorizer", "order-intake", "redrive")


def functions(stack: Blueprint) -> list[Resource]:
    return [stack.one(FUNCTION, name) for name in NAMES]


def environment(stack: Blueprint, name: str) -> dict[str, str]:
    return stack.one(FUNCTION, name).properties["environment"]["variables"]


def may(stack: Blueprint, name: str) -> set[str]:
    return {
        action
        for each in statements(stack.one(ROLE_POLICY, name))
        if each["Effect"] == "Allow"
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }


def test_every_function_runs_on_the_supported_runtime_and_architecture_and_is_traced(stack: Blueprint):
    for function in functions(stack):
        assert function.properties["runtime"] == "python3.13"
        assert function.properties["architectures"] == ["arm64"]
        assert function.properties["tracingConfig"] == {"mode": "Active"}
        assert function.properties["handler"] == packaging.handler_of(NAMES[function.name])


def test_a_function_is_packed_of_exactly_what_it_imports(stack: Blueprint):
    for function in functions(stack):
        packed = function.properties["code"]["assets"]
        assert set(packed) == set(packaging.content(NAMES[function.name]))
        assert all(asset["path"] == path for path, asset in packed.items())


def test_every_function_has_the_layer_of_its_region(stack: Blueprint):
    region = stack.outputs["region"]
    for function in functions(stack):
        (layer,) = function.properties["layers"]
        assert layer.startswith(
            f"arn:aws:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:"
        )


def test_functions_that_need_one_region_alone_stand_in_the_app_tier_of_the_vpc(stack: Blueprint):
    for function in functions(stack):
        placed = function.properties.get("vpcConfig")
        if function.name not in IN_THE_VPC:
            assert placed is None, "the comparison reads both regions, and endpoints lead to this one alone"
            continue
        subnets = [reference.name for reference in references_in(placed["subnetIds"])]
        assert len(subnets) == 3
        assert all(name.startswith("app-") for name in subnets)
        assert [reference.name for reference in references_in(placed["securityGroupIds"])] == ["functions"]


def test_every_function_has_its_concurrency_reserved(stack: Blueprint):
    reserved = {f.name: f.properties["reservedConcurrentExecutions"] for f in functions(stack)}
    assert reserved == {"authorizer": 100, "order-intake": 400, "redrive": 1, "integrity": 1}


def test_settings_count_every_reservation_of_the_recovery_region(dr: Blueprint):
    """Else a quota would be accepted that the last function does not fit into."""
    reserved = [each.properties["reservedConcurrentExecutions"] for each in dr.of_type(FUNCTION)]
    functions = Settings.parse({}).functions
    on_order_path = functions.order_intake_concurrency + functions.authorizer_concurrency
    assert sum(reserved) == on_order_path + SINGLE_FUNCTIONS


def test_environments_are_encrypted_and_failed_invocations_kept(stack: Blueprint):
    for function in functions(stack):
        assert "::compute#arn" in function.properties["kmsKeyArn"]
        (queue,) = references_in(function.properties["deadLetterConfig"]["targetArn"])
        assert queue.name == "failed-invocations"


def test_logs_are_encrypted_kept_for_a_year_and_named_after_the_function(stack: Blueprint):
    for function in functions(stack):
        group = stack.one(LOG_GROUP, function.name)
        assert group.properties["name"] == f"/aws/lambda/{function.properties['name']}"
        assert group.properties["retentionInDays"] == 365
        assert "::logs#arn" in group.properties["kmsKeyId"]
        assert function.properties["loggingConfig"]["logFormat"] == "JSON"


def test_a_function_is_called_by_an_alias_of_a_published_version(stack: Blueprint):
    for function in functions(stack):
        assert function.properties["publish"] is True
        alias = stack.one(ALIAS, function.name)
        assert alias.properties["name"] == "live"
        (version,) = references_in(alias.properties["functionVersion"])
        assert (version.name, version.path) == (function.name, "version")


def test_the_way_of_an_order_is_as_large_in_a_region_that_stands_by(primary: Blueprint, dr: Blueprint):
    for name in ON_THE_HOT_PATH:
        here, there = primary.one(FUNCTION, name).properties, dr.one(FUNCTION, name).properties
        for prop in ("memorySize", "timeout", "reservedConcurrentExecutions"):
            assert here[prop] == there[prop], f"{name} would have to grow during a failover"


def test_taking_over_changes_no_function(dr: Blueprint, dr_active: Blueprint):
    assert [f.as_json() for f in functions(dr)] == [f.as_json() for f in functions(dr_active)]


def test_order_intake_is_told_the_tables_and_stream_of_its_region(stack: Blueprint):
    side = "primary" if stack.stack == "primary" else "dr"
    told = environment(stack, "order-intake")
    assert (told["CONTROL_TABLE"], told["ORDERS_TABLE"]) == ("trading-control", "trading-orders")
    assert told["ORDER_STREAM"] == f"trading-{side}-orders"


def test_the_lease_is_one_that_order_intake_itself_accepts(stack: Blueprint):
    for name in ("order-intake", "redrive"):
        lease = LeaseSettings.from_environment(Environment(environment(stack, name)))
        assert lease == LeaseSettings(lease=5000, margin=500, write_timeout=500, recheck=200)


def test_every_queue_that_can_fail_is_redriven_and_poison_fits_its_quarantine(stack: Blueprint):
    dead_letters = {q.name for q in stack.of_type("aws:sqs/queue:Queue") if q.name.endswith("-dlq")}
    routes = json.loads(environment(stack, "redrive")["ROUTES"])
    named = [{key: next(references_in(url)).name for key, url in route.items()} for route in routes]
    assert {route["dead_letters"] for route in named} == dead_letters
    for route in named:
        assert route["dead_letters"] == f"{route['source']}-dlq"
        fifo = {bool(stack.one("aws:sqs/queue:Queue", name).properties.get("fifoQueue")) for name in route.values()}
        assert len(fifo) == 1, f"{route['source']}: a FIFO queue's messages go to FIFO queues alone"


def test_the_settings_count_the_routes_that_a_stack_declares(primary: Blueprint):
    """A count that misses a queue would let an environment grow past what Lambda takes."""
    base = "https://sqs.us-east-1.amazonaws.com/123456789012/"
    declared = [
        {
            key: base + primary.one("aws:sqs/queue:Queue", next(references_in(url)).name).properties["name"]
            for key, url in route.items()
        }
        for route in json.loads(environment(primary, "redrive")["ROUTES"])
    ]
    counted = redrive_routes(Settings.parse({}))
    assert sorted(map(str, counted)) == sorted(map(str, declared))


def test_the_comparison_covers_orders_positions_and_every_locked_record(stack: Blueprint):
    told = environment(stack, "integrity")
    compared = json.loads(told["COMPARISONS"])
    assert [entry["table"] for entry in compared if "table" in entry] == ["trading-orders", "trading-positions"]
    assert [(entry["bucket"], entry["replica"]) for entry in compared if "bucket" in entry] == [
        (f"trading-primary-{record}-123456789012", f"trading-dr-{record}-123456789012")
        for record in ("trades", "communications", "audit")
    ]
    assert (told["PRIMARY_REGION"], told["DR_REGION"]) == ("us-east-1", "us-west-2")


def test_what_is_compared_under_a_name_is_declared_under_it(primary: Blueprint, dr: Blueprint):
    for stack, key in ((primary, "bucket"), (dr, "replica")):
        declared = {bucket.properties["bucket"] for bucket in stack.of_type("aws:s3/bucket:Bucket")}
        told = environment(stack, "integrity")
        compared = {entry[key] for entry in json.loads(told["COMPARISONS"]) if key in entry}
        assert compared | {told["REPORT_BUCKET"]} <= declared


def test_environments_fit_into_four_kilobytes(stack: Blueprint):
    for function in functions(stack):
        told = environment(stack, function.name)
        size = sum(len(name) + len(value) for name, value in told.items() if name != "ROUTES")
        assert size <= 1500 if function.name != "redrive" else size <= 600


def test_the_redrive_runs_each_minute_in_both_regions_and_the_comparison_from_the_recovery_region(
    primary: Blueprint, dr: Blueprint, dr_active: Blueprint
):
    for stack in (primary, dr, dr_active):
        redrive, integrity = (stack.one(SCHEDULE, name).properties for name in ("redrive", "integrity"))
        assert (redrive["scheduleExpression"], redrive["state"]) == ("rate(1 minute)", "ENABLED")
        assert integrity["scheduleExpression"] == "rate(6 hours)"
        assert integrity["state"] == ("DISABLED" if stack is primary else "ENABLED")
        for schedule in (redrive, integrity):
            assert schedule["target"]["deadLetterConfig"], "what cannot be handed over is kept"
            assert next(references_in(schedule["target"]["arn"])).type == ALIAS


def test_no_run_of_a_scheduled_function_meets_the_next(stack: Blueprint):
    assert stack.one(FUNCTION, "redrive").properties["timeout"] < 60
    assert stack.one(FUNCTION, "integrity").properties["timeout"] == 900
    assert stack.one(EVENT_CONFIG, "redrive").properties["maximumRetryAttempts"] == 0


def test_order_intake_may_write_orders_and_nothing_else(stack: Blueprint):
    allowed = may(stack, "order-intake")
    assert {"dynamodb:PutItem", "dynamodb:UpdateItem", "kinesis:PutRecord"} <= allowed
    for action in ("dynamodb:DeleteItem", "dynamodb:Scan", "kinesis:GetRecords", "s3:GetObject", "sts:AssumeRole"):
        assert not any(fnmatchcase(action, pattern) for pattern in allowed), f"order intake may {action}"


def test_the_authorizer_may_reach_no_data(stack: Blueprint):
    reached = {action.split(":")[0] for action in may(stack, "authorizer")}
    assert reached == {"ec2", "kms", "logs", "sqs", "xray"}


def test_the_comparison_changes_nothing_but_its_report_and_its_mark(stack: Blueprint):
    side = "primary" if stack.stack == "primary" else "dr"
    report = statement(stack.one(ROLE_POLICY, "integrity"), "WriteReport")
    assert report["Resource"] == f"arn:aws:s3:::trading-{side}-artifacts-123456789012/integrity/*"
    writing = {a for a in may(stack, "integrity") if a.split(":")[1].startswith(("Put", "Delete", "Update"))}
    reports = {"s3:PutObject", "xray:PutTelemetryRecords", "xray:PutTraceSegments", "logs:PutLogEvents"}
    assert writing == {*reports, "dynamodb:PutItem"}
    puts = [
        each for each in statements(stack.one(ROLE_POLICY, "integrity")) if "dynamodb:PutItem" in listed(each["Action"])
    ]
    (moved,) = puts
    assert moved["Sid"] == "MoveTheMark"
    assert moved["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"] == ["compared"], (
        "neither lease nor journal"
    )


def test_code_in_the_vpc_attaches_nothing_by_itself(stack: Blueprint):
    for name in IN_THE_VPC:
        denied = statement(stack.one(ROLE_POLICY, name), "AttachNothingByItself")
        assert denied["Effect"] == "Deny"
        assert denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"].endswith(f"-{name}")


def test_the_scheduler_may_invoke_the_two_functions_alone(stack: Blueprint):
    invoke = statement(stack.one(ROLE_POLICY, "schedules"), "InvokeFunctions")
    assert [arn.rsplit(":", 2)[1] for arn in invoke["Resource"]] == [
        stack.one(FUNCTION, name).properties["name"] for name in ("redrive", "integrity")
    ]


def test_a_larger_interval_gives_the_redrive_more_time():
    stack = record_primary({"redriveIntervalMinutes": 60})
    assert stack.one(SCHEDULE, "redrive").properties["scheduleExpression"] == "rate(60 minutes)"
    assert stack.one(FUNCTION, "redrive").properties["timeout"] == 900


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_policies_of_functions_are_as_reviewed(role: str, request: pytest.FixtureRequest, golden):
    stack = request.getfixturevalue(role)
    names = [*NAMES, "schedules"]
    golden.matches(
        f"function-policies-{role}",
        {
            "trust": {name: document(stack.one(ROLE, name), "assumeRolePolicy") for name in names},
            "permissions": {name: document(stack.one(ROLE_POLICY, name)) for name in names},
        },
    )
