"""One customer-managed multi-region key for each class of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.key_policies import KEY_USE, DataClass, KeyUsers
from components.settings import Settings

__all__ = ["KEY_USE", "DataClass", "Keys", "KeysArgs"]

# Days: the longest waiting period before KMS deletes a key, which FSBP KMS.3 relates to.
DELETION_WINDOW_DAYS = 30


@dataclass(frozen=True)
class KeysArgs:
    """`primary_arns` is None in the primary; in the recovery region, the primary's key ARNs by data class.

    `autoscaling_role` is the ARN of EC2 Auto Scaling's service-linked role, which must exist before a key policy can
    name it.
    """

    settings: Settings
    autoscaling_role: pulumi.Input[str]
    primary_arns: pulumi.Input[Mapping[str, Any]] | None


class Keys(Layer):
    """The primary creates the keys. The recovery region creates replicas, each with its own policy, so that either
    region can decrypt data of the other while the other is lost."""

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Keys", name, opts)
        self._args = args
        users = KeyUsers(args.settings, args.autoscaling_role)
        self._keys: dict[DataClass, aws.kms.Key | aws.kms.ReplicaKey] = {}
        for data_class in DataClass:
            self._keys[data_class] = self._key(data_class, users.policy(data_class))
            aws.kms.Alias(
                f"{data_class}",
                name=f"alias/{args.settings.shared_name(data_class)}",
                target_key_id=self._keys[data_class].key_id,
                opts=self.child,
            )
        self.register_outputs({"arns": self.arns})

    def arn(self, data_class: DataClass) -> pulumi.Output[str]:
        """ARN of the key of a class in this region."""
        return self._keys[data_class].arn

    def key_id(self, data_class: DataClass) -> pulumi.Output[str]:
        """Id of the key of a class, the same in both regions (`mrk-...`)."""
        return self._keys[data_class].key_id

    @property
    def arns(self) -> dict[str, pulumi.Output[str]]:
        """ARN of each key in this region, by data class."""
        return {data_class.value: key.arn for data_class, key in self._keys.items()}

    def _key(self, data_class: DataClass, policy: pulumi.Output[str]) -> aws.kms.Key | aws.kms.ReplicaKey:
        description = f"{self._args.settings.shared_name(data_class)}: data of the class {data_class}"
        if self._args.primary_arns is None:
            return aws.kms.Key(
                f"{data_class}",
                description=description,
                multi_region=True,
                enable_key_rotation=True,
                deletion_window_in_days=DELETION_WINDOW_DAYS,
                policy=policy,
                opts=self.stateful,
            )
        # Rotation is a property of the primary key; its replicas share it.
        arns = pulumi.Output.from_input(self._args.primary_arns)
        return aws.kms.ReplicaKey(
            f"{data_class}",
            description=description,
            primary_key_arn=arns.apply(lambda by_class: by_class[data_class.value]),
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=policy,
            opts=self.stateful,
        )
