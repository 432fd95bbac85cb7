"""Which members of which requests hold a policy document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The form of a document: who it belongs to decides which elements its statements have."""

    IDENTITY = "policy_identity"
    TRUST = "policy_trust"
    RESOURCE = "policy_resource"
    REPOSITORY = "policy_resource_ecr"
    """The resource is the repository, and statements name none."""


@dataclass(frozen=True)
class PolicyParameter:
    """`member` of some operations holds a document; `attributes` names the map that it is an entry of.

    `scope` is the service whose actions alone the document may name; empty where AWS does not look at actions. IAM
    accepts actions that no service has (IAM User Guide, "IAM policy validation": the grammar alone prevents saving).
    """

    service: str
    operations: tuple[str, ...]
    member: str
    kind: Kind
    code: str
    scope: str = ""
    attributes: str = ""


PARAMETERS = (
    PolicyParameter("iam", ("CreateRole",), "AssumeRolePolicyDocument", Kind.TRUST, "MalformedPolicyDocument", "sts"),
    PolicyParameter("iam", ("UpdateAssumeRolePolicy",), "PolicyDocument", Kind.TRUST, "MalformedPolicyDocument", "sts"),
    PolicyParameter("iam", ("CreatePolicy", "CreatePolicyVersion", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"),
                    "PolicyDocument", Kind.IDENTITY, "MalformedPolicyDocument"),
    PolicyParameter("sts", ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken"),
                    "Policy", Kind.IDENTITY, "MalformedPolicyDocument"),
    PolicyParameter("eks", ("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"), "policy", Kind.IDENTITY,
                    "InvalidParameterException"),
    PolicyParameter("ec2", ("CreateVpcEndpoint", "ModifyVpcEndpoint"), "PolicyDocument", Kind.RESOURCE,
                    "InvalidPolicyDocument"),
    PolicyParameter("s3", ("PutBucketPolicy",), "Policy", Kind.RESOURCE, "MalformedPolicy", "s3"),
    PolicyParameter("kms", ("CreateKey", "ReplicateKey", "PutKeyPolicy"), "Policy", Kind.RESOURCE,
                    "MalformedPolicyDocumentException"),
    PolicyParameter("sqs", ("CreateQueue", "SetQueueAttributes"), "Policy", Kind.RESOURCE, "InvalidAttributeValue",
                    "sqs", "Attributes"),
    PolicyParameter("sns", ("CreateTopic",), "Policy", Kind.RESOURCE, "InvalidParameter", "sns", "Attributes"),
    PolicyParameter("sns", ("SetTopicAttributes",), "AttributeValue", Kind.RESOURCE, "InvalidParameter", "sns"),
    PolicyParameter("secretsmanager", ("PutResourcePolicy",), "ResourcePolicy", Kind.RESOURCE,
                    "MalformedPolicyDocumentException", "secretsmanager"),
    PolicyParameter("ecr", ("SetRepositoryPolicy",), "policyText", Kind.REPOSITORY, "InvalidParameterException", "ecr"),
    PolicyParameter("ecr", ("PutRegistryPolicy",), "policyText", Kind.RESOURCE, "InvalidParameterException", "ecr"),
    PolicyParameter("efs", ("PutFileSystemPolicy",), "Policy", Kind.RESOURCE, "InvalidPolicyException",
                    "elasticfilesystem"),
    PolicyParameter("backup", ("PutBackupVaultAccessPolicy",), "Policy", Kind.RESOURCE,
                    "InvalidParameterValueException"),
    PolicyParameter("events", ("PutPermission",), "Policy", Kind.RESOURCE, "ValidationException", "events"),
    PolicyParameter("logs", ("PutResourcePolicy",), "policyDocument", Kind.RESOURCE, "InvalidParameterException",
                    "logs"),
    PolicyParameter("logs", ("PutDestinationPolicy",), "accessPolicy", Kind.RESOURCE, "InvalidParameterException",
                    "logs"),
    PolicyParameter("logs", ("PutDeliveryDestinationPolicy",), "deliveryDestinationPolicy", Kind.RESOURCE,
                    "ValidationException", "logs"),
    PolicyParameter("kinesis", ("PutResourcePolicy",), "Policy", Kind.RESOURCE, "InvalidArgumentException", "kinesis"),
    PolicyParameter("dynamodb", ("PutResourcePolicy",), "Policy", Kind.RESOURCE, "ValidationException", "dynamodb"),
    PolicyParameter("dynamodb", ("CreateTable",), "ResourcePolicy", Kind.RESOURCE, "ValidationException", "dynamodb"),
    PolicyParameter("lambda", ("PutResourcePolicy",), "Policy", Kind.RESOURCE, "InvalidParameterValueException",
                    "lambda"),
    PolicyParameter("xray", ("PutResourcePolicy",), "PolicyDocument", Kind.RESOURCE, "MalformedPolicyDocumentException",
                    "xray"),
    PolicyParameter("cloudtrail", ("PutResourcePolicy",), "ResourcePolicy", Kind.RESOURCE,
                    "ResourcePolicyNotValidException"),
    PolicyParameter("codebuild", ("PutResourcePolicy",), "policy", Kind.RESOURCE, "InvalidInputException"),
    PolicyParameter("ssm", ("PutResourcePolicy",), "Policy", Kind.RESOURCE, "ResourcePolicyInvalidParameterException"),
    PolicyParameter("wafv2", ("PutPermissionPolicy",), "Policy", Kind.RESOURCE, "WAFInvalidPermissionPolicyException"),
    PolicyParameter("apigateway", ("CreateRestApi", "CreateDomainName"), "policy", Kind.RESOURCE,
                    "BadRequestException", "execute-api"),
)  # fmt: skip
"""A test compares these with the members that botocore's models name as policies."""

OTHER_GRAMMARS = {
    ("logs", "PutAccountPolicy"): "a data protection, subscription, index or transformer policy",
    ("logs", "PutDataProtectionPolicy"): "a data protection policy",
    ("logs", "PutIndexPolicy"): "fields to index",
    ("ec2", "ModifyClientVpnEndpointAuthorizationPolicy"): "Cedar",
    ("ec2", "CreateVerifiedAccessEndpoint"): "Cedar",
    ("ec2", "CreateVerifiedAccessGroup"): "Cedar",
    ("ec2", "ModifyVerifiedAccessEndpointPolicy"): "Cedar",
    ("ec2", "ModifyVerifiedAccessGroupPolicy"): "Cedar",
    ("accessanalyzer", "CheckAccessNotGranted"): "analyses a policy, and reports its faults",
    ("accessanalyzer", "CheckNoPublicAccess"): "analyses a policy, and reports its faults",
    ("accessanalyzer", "ValidatePolicy"): "analyses a policy, and reports its faults",
    ("iam", "SimulateCustomPolicy"): "analyses a policy, and stores none",
    ("iam", "SimulatePrincipalPolicy"): "analyses a policy, and stores none",
    ("secretsmanager", "ValidateResourcePolicy"): "analyses a policy, and reports its faults",
}
"""Members of the same names that hold no policy document of a stored resource."""
