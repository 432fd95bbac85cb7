"""CloudWatch, X-Ray, Synthetics and the CodeSuite additions."""

import json

import pytest
from botocore.exceptions import ClientError

from aws_emulator.additions._alarm_rule import AlarmRule, InvalidAlarmRuleError
from tests.aws_emulator.conftest import policy

POLICY = policy("xray:PutTraceSegments", {"Service": "sns.amazonaws.com"})


def _alarm(cloudwatch, name):
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Trading",
        MetricName=name,
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def _state(cloudwatch, name):
    return cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0][
        "StateValue"
    ]


def test_a_composite_alarm_takes_its_state_from_its_children(client):
    cloudwatch = client("cloudwatch")
    for name in ("latency", "errors"):
        _alarm(cloudwatch, name)
    cloudwatch.put_composite_alarm(AlarmName="outer", AlarmRule="ALARM(quorum)")
    cloudwatch.put_composite_alarm(AlarmName="quorum", AlarmRule="ALARM(latency) AND ALARM(errors)")
    cloudwatch.set_alarm_state(AlarmName="latency", StateValue="ALARM", StateReason="test")
    assert _state(cloudwatch, "quorum") == "OK"
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert (_state(cloudwatch, "quorum"), _state(cloudwatch, "outer")) == ("ALARM", "ALARM")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="test")
    assert (_state(cloudwatch, "quorum"), _state(cloudwatch, "outer")) == ("OK", "OK")


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a) OR ALARM(b) AND ALARM(c)", True),
        ("(ALARM(a) OR ALARM(b)) AND ALARM(c)", False),
        ("NOT ALARM(b) AND OK('c')", True),
        ('INSUFFICIENT_DATA("arn:aws:cloudwatch:us-east-1:1:alarm:d")', True),
        ("TRUE AND NOT FALSE", True),
        ("ALARM(gone)", False),
    ],
)
def test_an_alarm_rule_evaluates_not_before_and_before_or(rule, holds):
    states = {"a": "ALARM", "b": "OK", "c": "OK", "arn:aws:cloudwatch:us-east-1:1:alarm:d": "INSUFFICIENT_DATA"}
    assert AlarmRule(rule).holds(states) is holds


@pytest.mark.parametrize("rule", ["", "ALARM(a) AND", "(ALARM(a)", "ALARM(a) ALARM(b)", "alarm(a)", "AND"])
def test_a_rule_outside_the_grammar_is_refused(client, rule):
    with pytest.raises(InvalidAlarmRuleError):
        AlarmRule(rule)
    if rule:
        with pytest.raises(ClientError, match="AlarmRule is not valid"):
            client("cloudwatch").put_composite_alarm(AlarmName="a", AlarmRule=rule)


def test_a_second_put_replaces_a_metric_stream_and_keeps_its_tags(client):
    cloudwatch = client("cloudwatch")
    wanted = {
        "Name": "s",
        "FirehoseArn": "arn:aws:firehose:us-east-1:1:deliverystream/x",
        "RoleArn": "arn:aws:iam::1:role/r",
    }
    arn = cloudwatch.put_metric_stream(**wanted, OutputFormat="json", Tags=[{"Key": "a", "Value": "b"}])["Arn"]
    cloudwatch.put_metric_stream(**wanted, OutputFormat="opentelemetry1.0")
    assert cloudwatch.get_metric_stream(Name="s")["OutputFormat"] == "opentelemetry1.0"
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_an_anomaly_detector_has_one_metric_and_statistic(client):
    cloudwatch = client("cloudwatch")
    about = {"Namespace": "Trading", "MetricName": "Latency", "Dimensions": [], "Stat": "p99"}
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=about)
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=about)
    assert len(cloudwatch.describe_anomaly_detectors(Namespace="Trading")["AnomalyDetectors"]) == 1
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=about)
    assert cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"] == []


def test_the_default_sampling_rule_cannot_be_deleted(client):
    xray = client("xray")
    rules = xray.get_sampling_rules()["SamplingRuleRecords"]
    assert [record["SamplingRule"]["RuleName"] for record in rules] == ["Default"]
    with pytest.raises(ClientError, match="InvalidRequestException"):
        xray.delete_sampling_rule(RuleName="Default")


def test_a_trace_group_is_found_by_name_and_by_arn(client):
    xray = client("xray")
    arn = xray.create_group(GroupName="slow", FilterExpression="responsetime > 1")["Group"]["GroupARN"]
    assert xray.get_group(GroupName="slow")["Group"]["GroupARN"] == arn
    xray.update_group(GroupARN=arn, FilterExpression="responsetime > 2")
    assert xray.get_group(GroupARN=arn)["Group"]["FilterExpression"] == "responsetime > 2"


def test_a_resource_policy_update_needs_the_current_revision(client):
    xray = client("xray")
    first = xray.put_resource_policy(PolicyName="topics", PolicyDocument=POLICY, PolicyRevisionId="0")["ResourcePolicy"]
    with pytest.raises(ClientError, match="InvalidPolicyRevisionIdException"):
        xray.put_resource_policy(PolicyName="topics", PolicyDocument=POLICY, PolicyRevisionId="0")
    xray.put_resource_policy(PolicyName="topics", PolicyDocument='{"a": 1}', PolicyRevisionId=first["PolicyRevisionId"])
    (kept,) = xray.list_resource_policies()["ResourcePolicies"]
    assert (kept["PolicyName"], kept["PolicyDocument"]) == ("topics", '{"a": 1}')
    xray.delete_resource_policy(PolicyName="topics")
    assert xray.list_resource_policies()["ResourcePolicies"] == []
    with pytest.raises(ClientError, match="InvalidRequestException"):
        xray.delete_resource_policy(PolicyName="topics")


def test_resource_policies_are_json_and_at_most_five(client):
    xray = client("xray")
    with pytest.raises(ClientError, match="MalformedPolicyDocumentException"):
        xray.put_resource_policy(PolicyName="topics", PolicyDocument="{")
    for number in range(5):
        xray.put_resource_policy(PolicyName=f"policy-{number}", PolicyDocument=POLICY)
    with pytest.raises(ClientError, match="PolicyCountLimitExceededException"):
        xray.put_resource_policy(PolicyName="policy-5", PolicyDocument=POLICY)
    xray.put_resource_policy(PolicyName="policy-4", PolicyDocument=POLICY)


def test_a_running_canary_cannot_be_deleted(client):
    synthetics = client("synthetics")
    synthetics.create_canary(
        Name="orders",
        Code={"Handler": "canary.handler", "ZipFile": b"x"},
        ArtifactS3Location="s3://artifacts/orders",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/c",
        Schedule={"Expression": "rate(1 minute)"},
        RuntimeVersion="syn-python-selenium-3.0",
    )
    synthetics.start_canary(Name="orders")
    with pytest.raises(ClientError, match="ConflictException"):
        synthetics.delete_canary(Name="orders")
    synthetics.stop_canary(Name="orders")
    synthetics.delete_canary(Name="orders")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        synthetics.get_canary(Name="orders")


def test_an_approval_rule_template_lists_its_repositories(client):
    codecommit = client("codecommit")
    codecommit.create_repository(repositoryName="engine")
    codecommit.create_approval_rule_template(approvalRuleTemplateName="two", approvalRuleTemplateContent="{}")
    codecommit.associate_approval_rule_template_with_repository(approvalRuleTemplateName="two", repositoryName="engine")
    listed = codecommit.list_repositories_for_approval_rule_template(approvalRuleTemplateName="two")
    assert listed["repositoryNames"] == ["engine"]
    codecommit.delete_repository(repositoryName="engine")
    listed = codecommit.list_repositories_for_approval_rule_template(approvalRuleTemplateName="two")
    assert listed["repositoryNames"] == []


@pytest.fixture
def pipeline(client):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": ["codepipeline.amazonaws.com"]}}]}
    role = client("iam").create_role(RoleName="p", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    def action(name, category, **members):
        kind = {"category": category, "owner": "AWS", "provider": "X", "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": kind, **members}]}

    return {
        "name": "deploy",
        "roleArn": role,
        "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "region", "defaultValue": "us-east-1"}],
        "stages": [
            action("Source", "Source", outputArtifacts=[{"name": "src"}]),
            action("Build", "Build", inputArtifacts=[{"name": "src"}]),
        ],
    }


def test_a_v2_pipeline_is_described_with_valid_times(client, pipeline):
    codepipeline = client("codepipeline")
    codepipeline.create_pipeline(pipeline=pipeline, tags=[{"key": "a", "value": "b"}])
    seen = codepipeline.get_pipeline(name="deploy")
    assert seen["metadata"]["created"].tzinfo
    assert (seen["pipeline"]["pipelineType"], seen["pipeline"]["executionMode"]) == ("V2", "SUPERSEDED")
    arn = seen["metadata"]["pipelineArn"]
    assert codepipeline.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "b"}]


def test_an_inconsistent_pipeline_is_refused(client, pipeline):
    codepipeline = client("codepipeline")
    with pytest.raises(ClientError, match="InvalidStructureException"):
        codepipeline.create_pipeline(pipeline={**pipeline, "pipelineType": "V1"})
    with pytest.raises(ClientError, match="InvalidStageDeclarationException"):
        codepipeline.create_pipeline(pipeline={**pipeline, "stages": pipeline["stages"][::-1]})


@pytest.mark.parametrize("service", ["codeconnections", "codestar-connections"])
def test_a_new_connection_is_pending(client, service):
    made = client(service).create_connection(ConnectionName="gh", ProviderType="GitHub")["ConnectionArn"]
    assert client(service).get_connection(ConnectionArn=made)["Connection"]["ConnectionStatus"] == "PENDING"
    with pytest.raises(ClientError, match="needs a provider type or a host"):
        client(service).create_connection(ConnectionName="none")


def test_a_notification_rule_is_found_by_its_resource(client):
    notifications = client("codestar-notifications")
    arn = notifications.create_notification_rule(
        Name="pipeline",
        EventTypeIds=["codepipeline-pipeline-pipeline-execution-failed"],
        Resource="arn:aws:codepipeline:us-east-1:123456789012:deploy",
        Targets=[{"TargetType": "SNS", "TargetAddress": "arn:aws:sns:us-east-1:123456789012:ops"}],
        DetailType="FULL",
    )["Arn"]
    by_resource = [{"Name": "RESOURCE", "Value": "arn:aws:codepipeline:us-east-1:123456789012:deploy"}]
    assert [
        item["Arn"] for item in notifications.list_notification_rules(Filters=by_resource)["NotificationRules"]
    ] == [arn]
    assert notifications.describe_notification_rule(Arn=arn)["Targets"][0]["TargetStatus"] == "ACTIVE"
