"""What the stacks declare passes the documented rules: a rule that refuses one of these values is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from blueprint import Blueprint
from tests.aws_emulator.test_documented_values import faults

Declared = Mapping[str, Any]
Request = tuple[str, str, Mapping[str, Any]]
_PROTOCOLS = {"tcp": "6", "udp": "17"}


def capitals(value: Any) -> Any:
    """Properties under the names that AWS's APIs with capital letters have."""
    if isinstance(value, Mapping):
        return {f"{key[:1].upper()}{key[1:]}": capitals(item) for key, item in value.items() if item is not None}
    return [capitals(item) for item in value] if isinstance(value, list) else value


def entry(given: Declared) -> Request:
    ports: dict[str, Any] = {"PortRange": {"From": given.get("fromPort"), "To": given.get("toPort")}}
    if given.get("icmpType") is not None:
        ports = {"IcmpTypeCode": {"Type": int(given["icmpType"]), "Code": int(given.get("icmpCode") or 0)}}
    protocol = _PROTOCOLS.get(str(given["protocol"]), str(given["protocol"]))
    return "ec2", "CreateNetworkAclEntry", {"NetworkAclId": "acl-1", "RuleNumber": given["ruleNumber"], "Egress": False,
                                            "Protocol": protocol, "RuleAction": "allow", **ports}  # fmt: skip


def group_rule(given: Declared) -> Request:
    rule = {"IpProtocol": given["ipProtocol"]} | {
        name: given[key] for name, key in (("FromPort", "fromPort"), ("ToPort", "toPort")) if given.get(key) is not None
    }
    return "ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [rule]}


def template(given: Declared) -> Request:
    data = {"BlockDeviceMappings": capitals(given.get("blockDeviceMappings", []))}
    return "ec2", "CreateLaunchTemplate", {"LaunchTemplateName": given["name"], "LaunchTemplateData": data}


def task(given: Declared) -> Request:
    content = given["containerDefinitions"]
    containers = json.loads(content) if isinstance(content, str) else content
    return "ecs", "RegisterTaskDefinition", {**{k: given[k] for k in ("family", "cpu", "memory", "networkMode")},
                                             "requiresCompatibilities": given["requiresCompatibilities"],
                                             "containerDefinitions": containers,
                                             "volumes": given.get("volumes", [])}  # fmt: skip


def function(given: Declared) -> Request:
    return "lambda", "CreateFunction", {"FunctionName": given["name"], "Code": {}, "Timeout": given.get("timeout", 3),
                                        "Runtime": given["runtime"], "Role": "arn:aws:iam::123456789012:role/r",
                                        "Environment": capitals(given.get("environment") or {})
                                        | {"Variables": (given.get("environment") or {}).get("variables") or {}}}  # fmt: skip


def schedule(given: Declared) -> Request:
    expression = given.get("scheduleExpression") or "rate(1 day)"
    return "events", "PutRule", {"Name": given.get("name", "r"), "ScheduleExpression": expression}


def scheduler(given: Declared) -> Request:
    return "scheduler", "CreateSchedule", {"Name": "s", "ScheduleExpression": given["scheduleExpression"],
                                           "FlexibleTimeWindow": {"Mode": "OFF"},
                                           "Target": {"Arn": "a", "RoleArn": "arn:aws:iam::123456789012:role/r"}}  # fmt: skip


def alarm(given: Declared) -> Request:
    metrics = []
    for query in given.get("metricQueries") or []:
        metric = query.get("metric") or {}
        stat = {"MetricStat": {"Period": metric["period"], "Stat": "Sum", "Metric": {}}} if metric.get("period") else {}
        metrics.append({"Id": query["id"], **stat, **({"Period": query["period"]} if query.get("period") else {})})
    period = {"Period": given["period"]} if given.get("period") else {}
    return "cloudwatch", "PutMetricAlarm", {"AlarmName": given["name"], **period, "Metrics": metrics,
                                            "EvaluationPeriods": given["evaluationPeriods"],
                                            "ComparisonOperator": given["comparisonOperator"]}  # fmt: skip


def database(given: Declared) -> Request:
    names = {"identifier": "DBInstanceIdentifier", "instanceClass": "DBInstanceClass", "engine": "Engine",
             "engineVersion": "EngineVersion", "backupRetentionPeriod": "BackupRetentionPeriod",
             "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod", "port": "Port"}  # fmt: skip
    params = {name: given[key] for key, name in names.items() if given.get(key) is not None}
    return "rds", "CreateDBInstance" if "engine" in given else "CreateDBInstanceReadReplica", params


def backups(given: Declared) -> Request:
    def lifecycle(value: Declared) -> dict[str, Any]:
        found = {"MoveToColdStorageAfterDays": value.get("coldStorageAfter"), "DeleteAfterDays": value.get("deleteAfter")}
        return {key: item for key, item in found.items() if item}

    rules = [
        {"RuleName": rule["ruleName"], "TargetBackupVaultName": "vault", "ScheduleExpression": rule["schedule"],
         "StartWindowMinutes": rule["startWindow"], "CompletionWindowMinutes": rule["completionWindow"],
         "Lifecycle": lifecycle(rule["lifecycle"]),
         "CopyActions": [{"DestinationBackupVaultArn": "a", "Lifecycle": lifecycle(copy["lifecycle"])}
                         for copy in rule.get("copyActions") or []]}
        for rule in given["rules"]
    ]  # fmt: skip
    return "backup", "CreateBackupPlan", {"BackupPlan": {"BackupPlanName": given["name"], "Rules": rules}}


def queue(given: Declared) -> Request:
    numbers = ("delaySeconds", "visibilityTimeoutSeconds", "messageRetentionSeconds", "maxMessageSize",
               "receiveWaitTimeSeconds", "kmsDataKeyReusePeriodSeconds")  # fmt: skip
    names = {"visibilityTimeoutSeconds": "VisibilityTimeout", "messageRetentionSeconds": "MessageRetentionPeriod",
             "maxMessageSize": "MaximumMessageSize", "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds"}  # fmt: skip
    attributes = {names.get(key, key[:1].upper() + key[1:]): str(given[key]) for key in numbers if given.get(key)}
    fifo = {"FifoQueue": "true"} if given.get("fifoQueue") else {}
    return "sqs", "CreateQueue", {"QueueName": given["name"], "Attributes": attributes | fifo}


def topic(given: Declared) -> Request:
    names = {"signatureVersion": "SignatureVersion", "httpSuccessFeedbackSampleRate": "HTTPSuccessFeedbackSampleRate",
             "sqsSuccessFeedbackSampleRate": "SQSSuccessFeedbackSampleRate",
             "lambdaSuccessFeedbackSampleRate": "LambdaSuccessFeedbackSampleRate"}  # fmt: skip
    return "sns", "CreateTopic", {"Name": given["name"],
                                  "Attributes": {n: str(given[k]) for k, n in names.items() if given.get(k)}}  # fmt: skip


def lifecycle(given: Declared) -> Request:
    rules = [
        {"ID": rule["id"], "Status": rule["status"], "Filter": {}, "Expiration": capitals(rule.get("expiration") or {}),
         "Transitions": capitals(rule.get("transitions") or []),
         "NoncurrentVersionTransitions": capitals(rule.get("noncurrentVersionTransitions") or [])}
        for rule in given["rules"]
    ]  # fmt: skip
    return "s3", "PutBucketLifecycleConfiguration", {"Bucket": "b", "LifecycleConfiguration": {"Rules": rules}}


def balancer(given: Declared) -> Request:
    return "elbv2", "CreateLoadBalancer", {"Name": given["name"], "Type": given["loadBalancerType"],
                                           "Subnets": list(given["subnets"])}  # fmt: skip


def target_group(given: Declared) -> Request:
    check = given.get("healthCheck") or {}
    checks = {"HealthCheckProtocol": check.get("protocol"), "HealthCheckIntervalSeconds": check.get("interval"),
              "HealthyThresholdCount": check.get("healthyThreshold"), "HealthCheckTimeoutSeconds": check.get("timeout"),
              "UnhealthyThresholdCount": check.get("unhealthyThreshold"),
              "Matcher": {"HttpCode": check["matcher"]} if check.get("matcher") else None}  # fmt: skip
    return "elbv2", "CreateTargetGroup", {"Name": given["name"], "Protocol": given["protocol"], "Port": given["port"],
                                          "VpcId": "vpc-1", "TargetType": given.get("targetType", "instance"),
                                          **{k: v for k, v in checks.items() if v is not None}}  # fmt: skip


REQUESTS: dict[str, Callable[[Declared], Request]] = {
    "aws:ec2/networkAclRule:NetworkAclRule": entry,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": group_rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": group_rule,
    "aws:ec2/securityGroup:SecurityGroup": lambda given: (
        "ec2", "CreateSecurityGroup", {"GroupName": given["name"], "Description": given["description"]}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda given: (
        "ec2", "CreateVpcEndpoint", {"VpcId": "v", "ServiceName": given["serviceName"].replace("us-west-2", "us-east-1")}),
    "aws:ec2/launchTemplate:LaunchTemplate": template,
    "aws:ecs/taskDefinition:TaskDefinition": task,
    "aws:lambda/function:Function": function,
    "aws:cloudwatch/eventRule:EventRule": schedule,
    "aws:scheduler/schedule:Schedule": scheduler,
    "aws:cloudwatch/logGroup:LogGroup": lambda given: (
        "logs", "PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": given["retentionInDays"]}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
    "aws:rds/instance:Instance": database,
    "aws:backup/plan:Plan": backups,
    "aws:sqs/queue:Queue": queue,
    "aws:sns/topic:Topic": topic,
    "aws:kms/key:Key": lambda given: (
        "kms", "ScheduleKeyDeletion", {"KeyId": "k", "PendingWindowInDays": given["deletionWindowInDays"]}),
    "aws:kms/alias:Alias": lambda given: ("kms", "CreateAlias", {"AliasName": given["name"], "TargetKeyId": "k"}),
    "aws:s3/bucket:Bucket": lambda given: ("s3", "CreateBucket", {"Bucket": given["bucket"]}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lifecycle,
    "aws:lb/loadBalancer:LoadBalancer": balancer,
    "aws:lb/targetGroup:TargetGroup": target_group,
    "aws:eks/cluster:Cluster": lambda given: (
        "eks", "UpdateClusterVersion", {"name": given["name"], "version": given["version"]}),
    "aws:secretsmanager/secret:Secret": lambda given: ("secretsmanager", "CreateSecret", {"Name": given["name"]}),
    "aws:kinesis/stream:Stream": lambda given: (
        "kinesis", "CreateStream", {"StreamName": given["name"], "ShardCount": given.get("shardCount", 1)}),
    "aws:dynamodb/table:Table": lambda given: (
        "dynamodb", "CreateTable", {"TableName": given["name"], "KeySchema": [{"AttributeName": "i", "KeyType": "HASH"}],
                                    "AttributeDefinitions": [{"AttributeName": "i", "AttributeType": "S"}]}),
}  # fmt: skip


def requests(stack: Blueprint) -> Iterator[tuple[str, Request]]:
    for type_, make in REQUESTS.items():
        for resource in stack.of_type(type_):
            yield f"{type_} {resource.name}", make(resource.properties)


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def test_no_declared_value_is_refused(stack: Blueprint) -> None:
    """Each resource as the request that makes it."""
    found = {
        name: reasons
        for name, (service, operation, params) in requests(stack)
        if (reasons := [reason for reason in faults(service, operation, params) if ":" in reason])
    }
    assert found == {}


def test_each_kind_of_request_is_declared(primary: Blueprint, dr: Blueprint) -> None:
    """A type that no stack has would check nothing."""
    declared = {resource.type for stack in (primary, dr) for resource in stack.resources}
    assert {type_ for type_ in REQUESTS if type_ not in declared} == set()
