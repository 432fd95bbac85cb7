"""AWS Config rules: they check deployed resources as the policy pack checks a plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ConfigRule:
    """A managed rule of AWS Config (Developer Guide, "List of AWS Config Managed Rules") with its parameters."""

    identifier: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name within a region: `encrypted-volumes`."""
        return self.identifier.lower().replace("_", "-")


_PASSWORDS = {
    "RequireUppercaseCharacters": "true",
    "RequireLowercaseCharacters": "true",
    "RequireSymbols": "true",
    "RequireNumbers": "true",
    "MinimumPasswordLength": "14",
    "PasswordReusePrevention": "24",
    "MaxPasswordAge": "90",
}

# Environment variable names that FSBP ECS.8 treats as secrets.
_SECRET_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA")

# In the order of the policy pack: network, hosts, containers, database, tables, buckets, streams, functions and edge,
# keys and audit.
RULES: tuple[ConfigRule, ...] = (
    ConfigRule("VPC_FLOW_LOGS_ENABLED"),
    ConfigRule("VPC_DEFAULT_SECURITY_GROUP_CLOSED"),
    ConfigRule("INCOMING_SSH_DISABLED"),
    ConfigRule("SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED"),
    ConfigRule("EC2_IMDSV2_CHECK"),
    ConfigRule("EC2_INSTANCE_NO_PUBLIC_IP"),
    ConfigRule("ENCRYPTED_VOLUMES"),
    ConfigRule("EC2_EBS_ENCRYPTION_BY_DEFAULT"),
    ConfigRule("EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK"),
    ConfigRule("EKS_ENDPOINT_NO_PUBLIC_ACCESS"),
    ConfigRule("EKS_SECRETS_ENCRYPTED"),
    ConfigRule("ECS_CONTAINERS_NONPRIVILEGED"),
    ConfigRule("ECS_CONTAINERS_READONLY_ACCESS"),
    ConfigRule("ECS_NO_ENVIRONMENT_SECRETS", {"secretKeys": ",".join(_SECRET_VARIABLES)}),
    ConfigRule("ECR_PRIVATE_IMAGE_SCANNING_ENABLED"),
    ConfigRule("ECR_PRIVATE_TAG_IMMUTABILITY_ENABLED"),
    ConfigRule("RDS_STORAGE_ENCRYPTED"),
    ConfigRule("RDS_INSTANCE_PUBLIC_ACCESS_CHECK"),
    ConfigRule("DYNAMODB_TABLE_ENCRYPTED_KMS"),
    ConfigRule("S3_BUCKET_SSL_REQUESTS_ONLY"),
    ConfigRule("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"),
    ConfigRule("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"),
    ConfigRule("KINESIS_STREAM_ENCRYPTED"),
    ConfigRule("SNS_ENCRYPTED_KMS"),
    ConfigRule("EFS_ENCRYPTED_CHECK"),
    ConfigRule("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED"),
    ConfigRule("API_GW_EXECUTION_LOGGING_ENABLED"),
    ConfigRule("API_GW_XRAY_ENABLED"),
    ConfigRule("ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK"),
    ConfigRule("ELB_LOGGING_ENABLED"),
    ConfigRule("CMK_BACKING_KEY_ROTATION_ENABLED"),
    ConfigRule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION"),
    ConfigRule("SECRETSMANAGER_ROTATION_ENABLED_CHECK"),
    ConfigRule("SECRETSMANAGER_SCHEDULED_ROTATION_SUCCESS_CHECK"),
    ConfigRule("MULTI_REGION_CLOUD_TRAIL_ENABLED"),
    ConfigRule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"),
    ConfigRule("CLOUD_TRAIL_ENCRYPTION_ENABLED"),
    ConfigRule("CLOUDWATCH_LOG_GROUP_ENCRYPTED"),
    ConfigRule("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS"),
    ConfigRule("IAM_PASSWORD_POLICY", _PASSWORDS),
    ConfigRule("IAM_ROOT_ACCESS_KEY_CHECK"),
    ConfigRule("ROOT_ACCOUNT_MFA_ENABLED"),
    ConfigRule("GUARDDUTY_ENABLED_CENTRALIZED"),
)

# Rules about backup and recovery: one conformance pack, so that an auditor sees one verdict.
RECOVERY_PACK: tuple[ConfigRule, ...] = (
    ConfigRule("RDS_MULTI_AZ_SUPPORT"),
    ConfigRule("RDS_INSTANCE_DELETION_PROTECTION_ENABLED"),
    ConfigRule("DB_INSTANCE_BACKUP_ENABLED", {"backupRetentionMinimum": "30"}),
    ConfigRule("RDS_RESOURCES_PROTECTED_BY_BACKUP_PLAN"),
    ConfigRule("DYNAMODB_PITR_ENABLED"),
    ConfigRule("DYNAMODB_RESOURCES_PROTECTED_BY_BACKUP_PLAN"),
    ConfigRule("EFS_RESOURCES_PROTECTED_BY_BACKUP_PLAN"),
    ConfigRule("S3_BUCKET_VERSIONING_ENABLED"),
    ConfigRule("BACKUP_RECOVERY_POINT_ENCRYPTED"),
    ConfigRule("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"),
    ConfigRule("ELB_DELETION_PROTECTION_ENABLED"),
    ConfigRule("AUTOSCALING_MULTIPLE_AZ"),
)


def conformance_template(rules: tuple[ConfigRule, ...]) -> str:
    """Return the template of a conformance pack: Config rules in CloudFormation's syntax, as JSON."""
    resources = {
        "".join(part.capitalize() for part in rule.identifier.split("_")): {
            "Type": "AWS::Config::ConfigRule",
            "Properties": {
                "ConfigRuleName": rule.name,
                **({"InputParameters": dict(rule.parameters)} if rule.parameters else {}),
                "Source": {"Owner": "AWS", "SourceIdentifier": rule.identifier},
            },
        }
        for rule in rules
    }
    return json.dumps({"Resources": resources}, indent=1)
