"""The CodeBuild project that scales the recovery region out to the primary's size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.delivery.build import IMAGE
from components.delivery.build_network import BuildNetwork
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.security.services import PLATFORM_SERVICES
from components.settings import Role, Settings
from recovery import growth

_QUEUED_MINUTES = 30
# A takeover changes no resource of these services (`tests.components.test_graph`), so the build has no access to keys
# and accounts.
_NOT_NEEDED = ("execute-api", "kms", "budgets", "ce", "cloudtrail", "directconnect", "organizations")
_KEY_USE = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:ReEncrypt*",
]


@dataclass(frozen=True)
class ScaleOutArgs:
    """The build runs in the recovery region and uses no other region. `place` is its placement in the VPC, from which
    it reaches the cluster's private API."""

    settings: Settings
    keys: Keys
    place: BuildNetwork


class ScaleOut(Layer):
    """A build that runs `pulumi up` of the recovery stack with `active` set, from a copy of the program in this region.

    It can change resources in this region and pass roles, but cannot change roles: a takeover changes none.
    """

    project: aws.codebuild.Project

    def __init__(self, name: str, args: ScaleOutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:ScaleOut", name, opts)
        self._args = args
        self._settings = args.settings
        self._bucket = bucket_name(args.settings, RecordClass.ARTIFACTS)
        self._published = bucket_name(args.settings, RecordClass.ARTIFACTS, Role.PRIMARY)
        self.name = args.settings.name("scale-out")
        self.arn = (
            f"arn:aws:codebuild:{args.settings.region.name}:{args.settings.general.account_id}:project/{self.name}"
        )
        self.log_group = aws.cloudwatch.LogGroup(
            "scale-out",
            name=f"/aws/codebuild/{self.name}",
            retention_in_days=args.settings.functions.function_log_days,
            kms_key_id=args.keys.arn(DataClass.LOGS),
            opts=self.child,
        )
        self.role = aws.iam.Role(
            "scale-out",
            name=self.name,
            description="Brings the recovery region to the primary's size",
            assume_role_policy=trust_of_service(
                "codebuild.amazonaws.com", args.settings.general.account_id, {"ArnEquals": {"aws:SourceArn": self.arn}}
            ),
            opts=self.child,
        )
        permissions = aws.iam.RolePolicy(
            "scale-out",
            name=self.name,
            role=self.role.id,
            policy=policy_document(*self._statements()),
            opts=self.child,
        )
        self.project = self._project(permissions)
        self.register_outputs({"project": self.project.name})

    def _statements(self) -> list[Statement]:
        settings, general = self._settings, self._settings.general
        region, account = settings.region.name, general.account_id
        here = {"StringEquals": {"aws:RequestedRegion": region}}
        source = f"arn:aws:s3:::{self._bucket}"
        statements = [
            Statement(
                "WriteLogs",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [f"arn:aws:logs:{region}:{account}:log-group:/aws/codebuild/{self.name}:*"],
            ),
            Statement("ReadTheProgram", ["s3:GetObject", "s3:GetObjectVersion"], [f"{source}/{self._object}"]),
            Statement(
                "KeepTheTools",
                ["s3:GetObject", "s3:PutObject"],
                [f"{source}/{settings.recovery.scale_out_toolchain}"],
            ),
            Statement("FindTheProgram", ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"], [source]),
            Statement(
                "ChangeThisRegion",
                [f"{service}:*" for service in PLATFORM_SERVICES if service not in _NOT_NEEDED],
                ["*"],
                conditions=here,
            ),
            Statement("UseKeysOfThisRegion", _KEY_USE, [f"arn:aws:kms:{region}:{account}:*"]),
            # This action does not support resource-level permissions.
            Statement("FindKeys", ["kms:ListAliases"], ["*"], conditions=here),
            Statement(
                "PassOwnRoles",
                ["iam:GetRole", "iam:PassRole"],
                [f"arn:aws:iam::{account}:role/{general.name_prefix}-*"],
            ),
        ]
        state = urlsplit(settings.recovery.state_backend_url)
        if state.scheme == "s3":
            bucket = f"arn:aws:s3:::{state.netloc}"
            statements += [
                Statement("FindTheState", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket]),
                Statement("KeepTheState", ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{bucket}/*"]),
            ]
        return statements

    @property
    def _object(self) -> str:
        return self._settings.recovery.scale_out_source

    def _project(self, permissions: pulumi.Resource) -> aws.codebuild.Project:
        recovery = self._settings.recovery
        variables = {
            growth.BACKEND: recovery.state_backend_url,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The runbook or an operator sets this variable to the run's id, by which the run finds its builds.
            "RECOVERY_RUN": "",
            # grow, preview or toolchain (`buildspec`).
            "GROW_MODE": "grow",
            "PULUMI_STACK": recovery.recovery_stack,
            growth.TOOLCHAIN: f"{self._bucket}/{recovery.scale_out_toolchain}",
            # The runbook's `doctor` compares the program here with the published one, and looks at the key.
            growth.KEY: self._settings.delivery.state_key_arn,
            growth.PUBLISHED: f"{self._published}/{self._object}",
        }
        return aws.codebuild.Project(
            "scale-out",
            name=self.name,
            description="Brings the recovery region to the primary's size",
            service_role=self.role.arn,
            build_timeout=recovery.scale_out_timeout_minutes,
            queued_timeout=_QUEUED_MINUTES,
            # Concurrent builds would find the stack locked and fail, so CodeBuild refuses to start a second one.
            concurrent_build_limit=1,
            encryption_key=self._args.keys.arn(DataClass.COMPUTE),
            artifacts=aws.codebuild.ProjectArtifactsArgs(type="NO_ARTIFACTS"),
            source=aws.codebuild.ProjectSourceArgs(
                type="S3", location=f"{self._bucket}/{self._object}", buildspec=buildspec()
            ),
            environment=aws.codebuild.ProjectEnvironmentArgs(
                compute_type="BUILD_GENERAL1_MEDIUM",
                image=IMAGE,
                type="ARM_CONTAINER",
                image_pull_credentials_type="CODEBUILD",
                privileged_mode=False,
                environment_variables=[
                    aws.codebuild.ProjectEnvironmentEnvironmentVariableArgs(name=name, value=value, type="PLAINTEXT")
                    for name, value in variables.items()
                ],
            ),
            vpc_config=self._args.place.config(),
            logs_config=aws.codebuild.ProjectLogsConfigArgs(
                cloudwatch_logs=aws.codebuild.ProjectLogsConfigCloudwatchLogsArgs(
                    status="ENABLED", group_name=self.log_group.name
                ),
                s3_logs=aws.codebuild.ProjectLogsConfigS3LogsArgs(status="DISABLED"),
            ),
            opts=self.after(permissions),
        )


def buildspec() -> str:
    """Return the build's commands as JSON, which is valid YAML. The build can safely run twice.

    GROW_MODE is `grow`, `preview` (the same without a change) or `toolchain` (write the archive of tools, which the
    other two use instead of public sites).
    """
    return json.dumps(
        {
            "version": 0.2,
            "env": {"shell": "bash"},
            "phases": {
                "install": {
                    "on-failure": "ABORT",
                    "commands": [
                        "set -euo pipefail",
                        ': "${PULUMI_BACKEND_URL:?is not set: name the backend of the state in stateBackendUrl}"',
                        _INSTALL,
                    ],
                },
                "build": {
                    "on-failure": "ABORT",
                    "commands": [
                        "set -euo pipefail",
                        'export PATH="$PWD/.venv/bin:$PATH"',
                        _BUILD,
                    ],
                },
            },
        },
        indent=2,
    )


_INSTALL = """\
if [ "$GROW_MODE" != toolchain ] && aws s3 cp --only-show-errors "s3://$TOOLCHAIN" build/toolchain.tar.gz; then
  export PULUMI_HOME="$PWD/build/toolchain/pulumi-home" PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
  make setup-offline
else
  echo "without an archive of tools: fetching them from public sites" >&2
  # A custom build image may already contain the engine.
  command -v pulumi || make engine
  make setup
fi"""
# Helm takes the charts from this region's registry, which needs a login. The runbook command also saves the resources
# that leave the stack, for a later failback.
_BUILD = """\
case "$GROW_MODE" in
toolchain) make toolchain && aws s3 cp --only-show-errors build/toolchain.tar.gz "s3://$TOOLCHAIN" ;;
preview) .venv/bin/python -m delivery login "$PULUMI_STACK" &&
  .venv/bin/python -m runbook grow --stack "$PULUMI_STACK" --run "${RECOVERY_RUN:-preview}" --dry-run ;;
grow) .venv/bin/python -m delivery login "$PULUMI_STACK" &&
  .venv/bin/python -m runbook grow --stack "$PULUMI_STACK" --run "${RECOVERY_RUN:-by-hand}" ;;
*) echo "GROW_MODE = $GROW_MODE: is none of grow, preview, toolchain" >&2; exit 2 ;;
esac"""
