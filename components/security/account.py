"""Account-wide and region-wide defaults, which also apply to resources outside the platform."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings


@dataclass(frozen=True)
class AccountDefaultsArgs:
    """`volume_key_arn` is the key of the class COMPUTE, the default key of EBS volumes."""

    settings: Settings
    volume_key_arn: pulumi.Input[str]


class AccountDefaults(Layer):
    """The primary declares the settings that exist once in an account; both stacks declare those of each region."""

    def __init__(self, name: str, args: AccountDefaultsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:AccountDefaults", name, opts)
        self._args = args
        if args.settings.is_primary:
            self._account()
        self._volumes()
        self._hosts()
        self.analyzer = aws.accessanalyzer.Analyzer(
            "external-access", analyzer_name=args.settings.name("external-access"), type="ACCOUNT", opts=self.child
        )
        self.register_outputs({"analyzer": self.analyzer.arn})

    def _account(self) -> None:
        # CIS AWS Foundations Benchmark, 1.8 and 1.9: 14 characters, 24 passwords remembered.
        aws.iam.AccountPasswordPolicy(
            "passwords",
            minimum_password_length=14,
            password_reuse_prevention=24,
            max_password_age=90,
            require_lowercase_characters=True,
            require_uppercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            allow_users_to_change_password=True,
            opts=self.child,
        )
        aws.s3.AccountPublicAccessBlock(
            "buckets",
            account_id=self._args.settings.general.account_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child,
        )

    def _volumes(self) -> None:
        key = aws.ebs.DefaultKmsKey("volumes", key_arn=self._args.volume_key_arn, opts=self.child)
        aws.ebs.EncryptionByDefault("volumes", enabled=True, opts=self.after(key))
        aws.ebs.SnapshotBlockPublicAccess("snapshots", state="block-all-sharing", opts=self.child)

    def _hosts(self) -> None:
        aws.ec2.ImageBlockPublicAccess("images", state="block-new-sharing", opts=self.child)
        aws.ec2.InstanceMetadataDefaults(
            "metadata", http_tokens="required", http_put_response_hop_limit=1, opts=self.child
        )
