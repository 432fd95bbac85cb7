"""S5: who did what, in every region."""

from __future__ import annotations

from blueprint import Blueprint, Resource, record_primary
from tests.components.security.graph import BUCKET_POLICY, ROLE, ROLE_POLICY, own, statement, statements

TRAIL = "aws:cloudtrail/trail:Trail"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
BUCKET = "aws:s3/bucket:Bucket"
TABLE = "aws:dynamodb/table:Table"


def _selectors(trail: Resource) -> dict[str, dict[str, dict]]:
    """Fields of each selector by what it records: `AWS::S3::Object`, or `Management`."""
    found = {}
    for selector in trail.properties["advancedEventSelectors"]:
        fields = {field["field"]: field for field in selector["fieldSelectors"]}
        kind = fields.get("resources.type", fields["eventCategory"])["equals"][0]
        found[kind] = fields
    return found


def _recorded(fields: dict[str, dict], arn: str) -> bool:
    resources = fields["resources.ARN"]
    return arn.startswith(tuple(resources["startsWiths"])) and not arn.startswith(
        tuple(resources.get("notStartsWiths") or ("never",))
    )


def test_the_primary_keeps_one_trail_of_all_regions(primary: Blueprint):
    (trail,) = primary.of_type(TRAIL)
    assert trail.properties["isMultiRegionTrail"]
    assert trail.properties["includeGlobalServiceEvents"]
    assert trail.properties["enableLogFileValidation"], "a file that was changed afterwards is found out"
    assert "::logs#arn" in trail.properties["kmsKeyId"]
    assert "::trail#id" in trail.properties["s3BucketName"], "its files are in the locked bucket"
    assert primary.one(BUCKET_POLICY, "trail").urn in trail.dependencies, "CloudTrail tries the bucket at once"
    assert trail.options["protect"]


def test_the_recovery_region_is_covered_by_it(recovery: Blueprint):
    assert not recovery.of_type(TRAIL), "a second trail would record, and cost, everything twice"


def test_its_events_are_searched_in_cloudwatch_logs(primary: Blueprint):
    trail = primary.one(TRAIL, "trail").properties
    assert trail["cloudWatchLogsGroupArn"].endswith("::trail#arn}:*")
    assert primary.one(LOG_GROUP, "trail").properties["retentionInDays"] == 365
    trust = statement(primary.one(ROLE, "trail"), "AssumeRole", "assumeRolePolicy")
    # CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring": the keys
    # aws:SourceArn and aws:SourceAccount are not supported.
    assert "Condition" not in trust
    (write,) = statements(primary.one(ROLE_POLICY, "trail"))
    assert "log-group:/aws/cloudtrail/trading-trail:log-stream:" in write["Resource"]


def test_it_records_management_records_control_and_functions(primary: Blueprint):
    selectors = _selectors(primary.one(TRAIL, "trail"))
    assert set(selectors) == {"Management", "AWS::S3::Object", "AWS::DynamoDB::Table", "AWS::Lambda::Function"}
    for region in ("us-east-1", "us-west-2"):
        control = f"arn:aws:dynamodb:{region}:123456789012:table/trading-control"
        assert _recorded(selectors["AWS::DynamoDB::Table"], control), "who held the lease, when"


def test_every_bucket_but_those_of_logs_is_recorded(primary: Blueprint, dr: Blueprint):
    objects = _selectors(primary.one(TRAIL, "trail"))["AWS::S3::Object"]
    for stack in (primary, dr):
        logs = {bucket.name for bucket in own(stack, BUCKET)}
        for bucket in stack.of_type(BUCKET):
            arn = f"arn:aws:s3:::{bucket.properties['bucket']}/key"
            assert _recorded(objects, arn) == (bucket.name not in logs), (
                f"{bucket.properties['bucket']}: records are evidence, logs of logs are without end"
            )


def test_the_order_path_is_recorded_on_demand_only(primary: Blueprint):
    orders = next(t.properties["name"] for t in primary.of_type(TABLE) if t.properties["name"].endswith("-orders"))
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{orders}"
    assert not _recorded(_selectors(primary.one(TRAIL, "trail"))["AWS::DynamoDB::Table"], arn)
    asked = record_primary(overrides={"trailOrderPath": True})
    assert _recorded(_selectors(asked.one(TRAIL, "trail"))["AWS::DynamoDB::Table"], arn)


def test_unusual_rates_are_found(primary: Blueprint):
    kinds = {selector["insightType"] for selector in primary.one(TRAIL, "trail").properties["insightSelectors"]}
    assert kinds == {"ApiCallRateInsight", "ApiErrorRateInsight"}
