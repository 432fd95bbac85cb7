"""IAM statements of builds: each build gets only those of its own task."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pulumi

from components.security.keys import DataClass, Keys
from components.security.policies import Statement
from components.settings import Role, Settings

# AWS's managed policy for settings of services, without data, which the engine reads in a preview.
SECURITY_AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


def write_logs(settings: Settings, group: str) -> Statement:
    """Allow a build to write to its own log group, which the stack creates."""
    region, account = settings.region.name, settings.general.account_id
    return Statement(
        "WriteLogs",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [f"arn:aws:logs:{region}:{account}:log-group:{group}:*"],
    )


def read_artifacts(settings: Settings, keys: Keys, bucket_arn: str) -> list[Statement]:
    """Allow a build to read its source from the pipeline's bucket."""
    return [
        Statement("ReadArtifacts", ["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket_arn}/*"]),
        Statement(
            "DecryptArtifacts",
            ["kms:Decrypt"],
            [keys.arn(DataClass.RECORDS)],
            conditions=via(settings, "s3"),
        ),
    ]


def read_state(settings: Settings) -> list[Statement]:
    """Allow a preview to read the stacks' state and the secrets in it. It writes neither and takes no lock."""
    statements = []
    state = urlsplit(settings.recovery.state_backend_url)
    if state.scheme == "s3":
        bucket = f"arn:aws:s3:::{state.netloc}"
        statements += [
            Statement("FindTheState", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket]),
            Statement("ReadTheState", ["s3:GetObject"], [f"{bucket}/*"]),
        ]
    if settings.delivery.state_key_arn:
        statements.append(
            Statement("DecryptTheState", ["kms:Decrypt", "kms:DescribeKey"], [settings.delivery.state_key_arn])
        )
    return statements


def read_charts(settings: Settings) -> list[Statement]:
    """Allow a preview to take the charts of both stacks from their registries, which the Kubernetes provider does to
    compare a release."""
    general = settings.general
    charts = f"arn:aws:ecr:*:{general.account_id}:repository/{general.name_prefix}/charts/*"
    return [
        Statement("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        Statement("ReadCharts", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [charts]),
    ]


def deployer_arn(settings: Settings, role: Role) -> str:
    """ARN of the deployer of a stack, which that stack creates itself."""
    return f"arn:aws:iam::{settings.general.account_id}:role/{settings.name_in(role, 'deployer')}"


def assume_deployers(settings: Settings) -> Statement:
    """Allow a deployment to assume the deployer of the stack that it deploys, and no other role."""
    return Statement("TakeDeployers", ["sts:AssumeRole"], [deployer_arn(settings, role) for role in Role])


def run_in_vpc(settings: Settings, subnet_ids: Sequence[pulumi.Input[str]]) -> list[Statement]:
    """Allow a build to run in the VPC (CodeBuild User Guide, "Allow CodeBuild access to AWS services required to create
    a VPC network interface")."""
    arn = f"arn:aws:ec2:{settings.region.name}:{settings.general.account_id}"
    return [
        Statement(
            "StandInTheNetwork",
            [
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            ["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": settings.region.name}},
        ),
        Statement(
            "LendInterfacesToBuilds",
            ["ec2:CreateNetworkInterfacePermission"],
            [f"{arn}:network-interface/*"],
            conditions={
                "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                "ArnEquals": {"ec2:Subnet": [pulumi.Output.concat(f"{arn}:subnet/", id_) for id_ in subnet_ids]},
            },
        ),
    ]


def via(settings: Settings, *services: str) -> dict[str, dict[str, list[str]]]:
    """Condition that a key is used through these services of this region."""
    return {
        "StringEquals": {"kms:ViaService": [f"{service}.{settings.region.name}.amazonaws.com" for service in services]}
    }
