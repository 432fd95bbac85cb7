"""Ranges, lengths and forms of single values that AWS documents and no kept schema holds: one line each."""

from __future__ import annotations

from dataclasses import dataclass

from aws_emulator.strict.constraint import Constraint
from aws_emulator.strict.values import Rule, between, matches, one_of, value_follows

_AWS = "https://docs.aws.amazon.com/"
_EC2, _SNS = f"{_AWS}AWSEC2/latest/APIReference/", f"{_AWS}sns/latest/api/API_SetTopicAttributes.html"
_ELB = f"{_AWS}elasticloadbalancing/latest/APIReference/"
_BACKUP = f"{_AWS}aws-backup/latest/devguide/API_BackupRuleInput.html"
_BUCKETS = f"{_AWS}AmazonS3/latest/userguide/bucketnamingrules.html"


@dataclass(frozen=True)
class Value:
    """The rule of the values under `path` in the requests of some operations of a service."""

    service: str
    operations: tuple[str, ...]
    path: str
    rule: Rule
    code: str
    source: str

    def as_constraint(self) -> Constraint:
        """The check of a request."""
        name = f"{self.path.replace('[]', '')} of {self.operations[0]}"
        return Constraint(
            name, self.service, self.operations, self.code, self.source, value_follows(self.path, self.rule)
        )


_ELB_NAME = matches(
    r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)",
    "must have 32 letters, digits or hyphens at most, must not begin or end with a hyphen or begin with internal-",
)
_GROUP_NAME = matches(
    r"(?!sg-)[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    "must not begin with sg-, and has up to 255 characters of a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
)
_BUCKET = matches(
    r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "must have 3 to 63 lower-case letters, digits, dots and hyphens, and begin and end with a letter or digit",
)
_SAMPLE_RATES = tuple(f"{name}SuccessFeedbackSampleRate" for name in ("HTTP", "SQS", "Lambda", "Firehose"))

VALUES = (
    Value("ec2", ("CreateSecurityGroup",), "GroupName", _GROUP_NAME, "InvalidParameterValue",
          f"{_EC2}API_CreateSecurityGroup.html"),
    Value("ec2", ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry"), "RuleNumber", between(1, 32766),
          "InvalidParameterValue", f"{_EC2}API_CreateNetworkAclEntry.html"),
    Value("ec2", ("CreateLaunchTemplate",), "LaunchTemplateName",
          matches(r"[a-zA-Z0-9().\-/_]{3,128}", "must have 3 to 128 characters of a-zA-Z0-9().-/_"),
          "InvalidLaunchTemplateName.MalformedException",
          f"{_AWS}AWSEC2/latest/UserGuide/create-launch-template.html"),
    Value("sns", ("CreateTopic",), "Attributes.SignatureVersion", one_of("1", "2"), "InvalidParameter", _SNS),
    *(Value("sns", ("CreateTopic",), f"Attributes.{name}", between(0, 100), "InvalidParameter", _SNS)
      for name in _SAMPLE_RATES),
    Value("kms", ("CreateAlias", "UpdateAlias"), "AliasName",
          matches(r"alias/(?!aws/)[a-zA-Z0-9/_-]+", "must begin with alias/, and not with alias/aws/, which AWS keeps"),
          "InvalidAliasNameException", f"{_AWS}kms/latest/APIReference/API_CreateAlias.html"),
    Value("s3", ("CreateBucket",), "Bucket", _BUCKET, "InvalidBucketName", _BUCKETS),
    Value("elbv2", ("CreateLoadBalancer",), "Name", _ELB_NAME, "ValidationError",
          f"{_ELB}API_CreateLoadBalancer.html"),
    Value("elbv2", ("CreateTargetGroup",), "Name", _ELB_NAME, "ValidationError", f"{_ELB}API_CreateTargetGroup.html"),
    Value("secretsmanager", ("CreateSecret",), "Name",
          matches(r"[A-Za-z0-9/_+=.@!-]{1,512}", "must have letters, digits and /_+=.@-! only"), "ValidationException",
          f"{_AWS}secretsmanager/latest/apireference/API_CreateSecret.html"),
    Value("ssm", ("PutParameter",), "Name",
          matches(r"(?i:(?!/?(aws|ssm)))[A-Za-z0-9_.\-/]{1,1011}",
                  "must not begin with aws or ssm, and has characters of a-zA-Z0-9_.-/"),
          "ValidationException", f"{_AWS}systems-manager/latest/APIReference/API_PutParameter.html"),
    Value("backup", ("CreateBackupPlan", "UpdateBackupPlan"), "BackupPlan.Rules[].StartWindowMinutes",
          between(60, 999_999), "InvalidParameterValueException", _BACKUP),
    Value("rds", ("ModifyDBInstance",), "BackupRetentionPeriod", between(0, 35), "InvalidParameterValue",
          f"{_AWS}AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"),
    Value("dynamodb", ("CreateTable",), "TableName",
          matches(r"[a-zA-Z0-9_.-]{3,255}", "must have 3 to 255 characters of a-zA-Z0-9_.-"), "ValidationException",
          f"{_AWS}amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"),
)  # fmt: skip

CONSTRAINTS = tuple(value.as_constraint() for value in VALUES)
