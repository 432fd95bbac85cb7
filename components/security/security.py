"""The security layer as a whole: what other layers need first, the account's baseline, and audit."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.exports import PrimaryExports
from components.security.account import AccountDefaults, AccountDefaultsArgs
from components.security.boundaries import Boundaries, BoundariesArgs
from components.security.detection import Detection, DetectionArgs
from components.security.images import Images, ImagesArgs
from components.security.keys import DataClass, Keys, KeysArgs
from components.security.log_bucket import LogBuckets, LogBucketsArgs
from components.security.patching import Patching, PatchingArgs
from components.security.recorder import Config, ConfigArgs
from components.security.roles import HumanRoles, HumanRolesArgs
from components.security.secrets import Secrets, SecretsArgs
from components.security.service_roles import ServiceRoles, ServiceRolesArgs
from components.security.trail import Trail, TrailArgs
from components.settings import Settings


class Security:
    """The parts of the security layer. It is not a component resource: its parts are at the top of the stack.

    `options` are those of all other layers: the region's provider, and a transformation that gives each role without a
    permission boundary the one for workloads. `primary_side` is the provider for the primary's region, None in the
    primary and once the recovery region is active.
    """

    def __init__(
        self,
        settings: Settings,
        provider: aws.Provider,
        primary: PrimaryExports | None,
        primary_side: aws.Provider | None,
    ) -> None:
        self._settings = settings
        self.boundaries = Boundaries("boundaries", BoundariesArgs(settings), pulumi.ResourceOptions(provider=provider))
        self.options = pulumi.ResourceOptions(provider=provider, transformations=[self.boundaries.bind])
        self._encryption(primary)
        self._baseline(primary_side)

    def _encryption(self, primary: PrimaryExports | None) -> None:
        """Keys, log buckets, secrets and human roles, which other layers refer to."""
        settings = self._settings
        self.service_roles = ServiceRoles("service-roles", ServiceRolesArgs(settings), self.options)
        keys = KeysArgs(
            settings,
            autoscaling_role=self.service_roles.autoscaling,
            primary_arns=primary.key_arns if primary else None,
        )
        self.keys = Keys("keys", keys, self.options)
        self.log_buckets = LogBuckets(
            "log-buckets", LogBucketsArgs(settings, self.keys.arn(DataClass.LOGS)), self.options
        )
        self.secrets = Secrets("secrets", SecretsArgs(settings, self.keys.arn(DataClass.SECRETS)), self.options)
        self.roles = HumanRoles("roles", HumanRolesArgs(settings, self.keys, self.boundaries), self.options)

    def _baseline(self, primary_side: aws.Provider | None) -> None:
        """Account defaults and detection, image repositories, AWS Config, the audit trail, and patching."""
        settings, logs_key, compute_key = (
            self._settings,
            self.keys.arn(DataClass.LOGS),
            self.keys.arn(DataClass.COMPUTE),
        )
        scanner: list[pulumi.Resource] = []
        if settings.security.account_baseline:
            self.account = AccountDefaults("account", AccountDefaultsArgs(settings, compute_key), self.options)
            self.detection = Detection("detection", DetectionArgs(settings), self.options)
            scanner.append(self.detection.scanner)
        images = ImagesArgs(settings, key_arn=compute_key, scanner=scanner, primary_side=primary_side)
        self.images = Images("images", images, self.options)
        self.config = Config(
            "config", ConfigArgs(settings, self.service_roles.config, logs_key, self.log_buckets), self.options
        )
        trail = TrailArgs(settings, logs_key, self.log_buckets)
        self.trail = Trail("trail", trail, self.options) if settings.is_primary else None
        self.patching = Patching("patching", PatchingArgs(settings), self.options)
