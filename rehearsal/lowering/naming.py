"""Names of types and properties in pulumi-aws and in the provider."""

from __future__ import annotations

import re
from collections.abc import Container

# Modules with different names in the provider and the SDK.
_MODULES = {
    "alb": "lb",
    "amp": "prometheus",
    "apigateway": "api_gateway",
    "cfg": "config",
    "costexplorer": "ce",
    "directconnect": "dx",
    "ec2transitgateway": "ec2_transit_gateway",
    "elb": "elb",
    "macie2": "macie2",
    "rds": "rds",
    "route53recoverycontrol": "route53recoverycontrolconfig",
    "servicediscovery": "service_discovery",
}

# Types whose names follow no rule.
_TYPES = {
    "aws:autoscaling/tag:Tag": "aws_autoscaling_group_tag",
    "aws:alb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:cfg/recorder:Recorder": "aws_config_configuration_recorder",
    "aws:cfg/recorderStatus:RecorderStatus": "aws_config_configuration_recorder_status",
    "aws:cfg/rule:Rule": "aws_config_config_rule",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:codepipeline/pipeline:Pipeline": "aws_codepipeline",
    "aws:ec2/dedicatedHost:DedicatedHost": "aws_ec2_host",
    "aws:ec2/peeringConnectionOptions:PeeringConnectionOptions": "aws_vpc_peering_connection_options",
    "aws:ec2/tag:Tag": "aws_ec2_tag",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "aws_ec2_transit_gateway",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "aws_iam_openid_connect_provider",
    "aws:iam/sshKey:SshKey": "aws_iam_user_ssh_key",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:rds/eventSubscription:EventSubscription": "aws_db_event_subscription",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "aws_db_instance_automated_backups_replication"
    ),
    "aws:rds/optionGroup:OptionGroup": "aws_db_option_group",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:rds/proxy:Proxy": "aws_db_proxy",
    "aws:rds/roleAssociation:RoleAssociation": "aws_db_instance_role_association",
    "aws:rds/snapshot:Snapshot": "aws_db_snapshot",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:s3/bucketObject:BucketObject": "aws_s3_object",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "aws_s3_bucket_replication_configuration",
    "aws:s3/objectCopy:ObjectCopy": "aws_s3_object_copy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "aws_secretsmanager_secret_policy",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
    "aws:sqs/redrivePolicy:RedrivePolicy": "aws_sqs_queue_redrive_policy",
}

# Properties that the SDK renames against the rules.
_PROPERTIES = {
    ("aws_cloudwatch_metric_alarm", "name"): "alarm_name",
    ("aws_cloudwatch_log_subscription_filter", "logGroup"): "log_group_name",
    ("aws_lambda_function", "name"): "function_name",
    ("aws_lambda_function", "code"): "filename",
    ("aws_lambda_layer_version", "code"): "filename",
    ("aws_lambda_permission", "function"): "function_name",
    ("aws_lambda_function_url", "functionName"): "function_name",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
    ("aws_api_gateway_authorizer", "restApi"): "rest_api_id",
    ("aws_api_gateway_base_path_mapping", "restApi"): "api_id",
    ("aws_api_gateway_deployment", "restApi"): "rest_api_id",
    ("aws_api_gateway_integration", "restApi"): "rest_api_id",
    ("aws_api_gateway_method", "restApi"): "rest_api_id",
    ("aws_api_gateway_method_settings", "restApi"): "rest_api_id",
    ("aws_api_gateway_model", "restApi"): "rest_api_id",
    ("aws_api_gateway_stage", "restApi"): "rest_api_id",
    ("aws_api_gateway_stage", "deployment"): "deployment_id",
    ("aws_iam_user_policy_attachment", "user"): "user",
    ("aws_elb", "name"): "name",
}


def snake(name: str) -> str:
    """Convert camelCase to snake_case: `vpcEndpointId` to `vpc_endpoint_id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name: str) -> str:
    """Convert snake_case to camelCase."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def terraform_type(token: str, known: Container[str]) -> str | None:
    """Return the provider's type for an SDK token such as `aws:ec2/vpc:Vpc`, or None if it has none."""
    if token in _TYPES:
        return _TYPES[token]
    _, module_path, kind = token.split(":")
    module = module_path.split("/")[0]
    prefix = _MODULES.get(module, snake(module))
    candidates = [f"aws_{prefix}_{snake(kind)}"]
    if module == "ec2":
        candidates.append(f"aws_{snake(kind)}")
    return next((candidate for candidate in candidates if candidate in known), None)


def property_names(type_: str, names: Container[str] | list[str]) -> dict[str, str]:
    """Map SDK property names to the provider's names of one block: camelCase, plurals of lists, and exceptions."""
    mapping: dict[str, str] = {}
    for name in names:  # type: ignore[union-attr]
        mapping.setdefault(camel(plural(name)), name)
    for name in names:  # type: ignore[union-attr]
        mapping[camel(name)] = name
    return {**mapping, **{sdk: name for (owner, sdk), name in _PROPERTIES.items() if owner == type_ and name in names}}


def plural(name: str) -> str:
    """Return the plural that the SDK uses for a list: `ingresses` for `ingress`, `policies` for `policy`."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    return name + "s"


def resource_name(name: str) -> str:
    """Return a resource's name as a Terraform identifier."""
    identifier = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return identifier if re.match(r"[A-Za-z_]", identifier) else f"_{identifier}"
