"""Secrets that the platform creates and replicates to both regions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.layer import Layer
from components.settings import Settings

# Days: the longest recovery window for a deleted secret.
RECOVERY_WINDOW_DAYS = 30
PASSWORD_LENGTH = 40
# RDS API Reference, CreateDBInstance, MasterUserPassword: printable ASCII except slash, quote and at sign. These are
# the allowed ones that need no quoting anywhere.
_SPECIAL = "!#%*()-_=+[]{}<>:?"

# Rotation moves AWSCURRENT away from the declared version. A label of its own keeps that version: Secrets Manager can
# remove a version without labels, and a refresh would then declare its old password again.
_CURRENT, _DECLARED = "AWSCURRENT", "declared"


@dataclass(frozen=True)
class Secret:
    """Identifies a secret in either region by name. Its ARN ends in six random characters from Secrets Manager, which a
    policy writes as `??????`."""

    name: str
    arn_pattern: str


@dataclass(frozen=True)
class SecretsArgs:
    """`key_arn` is the key of the class SECRETS in this region."""

    settings: Settings
    key_arn: pulumi.Input[str]


class Secrets(Layer):
    """The master credentials of the trade history database.

    The primary creates the secret and also declares its replica. All other replication is declared by the recovery
    stack, but the list of replicas is a property of the secret, and two stacks must not manage one resource. The
    replica uses AWS's own key of its region unless `secretsReplicaKey` names another: the recovery region's key does
    not exist at the primary's first deployment, and the primary must not wait for it. The recovery region refers to the
    replica by name.

    The engine's state contains the first password. It becomes invalid minutes later, because the rotation starts
    immediately.
    """

    database: Secret
    database_password: pulumi.Output[str] | None = None
    database_rotated: pulumi.Output[str] | None = None
    """Id of the secret once it has a version to rotate; None in the recovery region, like the password."""

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Secrets", name, opts)
        self._args = args
        self.database = self._named("database")
        if args.settings.is_primary:
            self.database_password = self._password()
            self.database_rotated = self._secret(self.database_password)
        self.register_outputs({"database": self.database.name})

    def _named(self, purpose: str) -> Secret:
        settings = self._args.settings
        name = settings.shared_name(purpose)
        account, region = settings.general.account_id, settings.region.name
        return Secret(name, f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????")

    def _password(self) -> pulumi.Output[str]:
        return random.RandomPassword(
            "database",
            length=PASSWORD_LENGTH,
            override_special=_SPECIAL,
            min_lower=1,
            min_upper=1,
            min_numeric=1,
            min_special=1,
            opts=pulumi.ResourceOptions(parent=self, provider=random.Provider("random", opts=self.child)),
        ).result

    def _secret(self, password: pulumi.Output[str]) -> pulumi.Output[str]:
        data = self._args.settings.data
        content = {
            "engine": "postgres",
            "username": data.db_username,
            "password": password,
            # Neither host nor instance: they differ between the regions, and the replica has the same text.
            "dbname": data.db_name,
        }
        secret = aws.secretsmanager.Secret(
            "database",
            name=self.database.name,
            description="Master credentials of the trade history database",
            kms_key_id=self._args.key_arn,
            recovery_window_in_days=RECOVERY_WINDOW_DAYS,
            replicas=[self._replica()],
            opts=self.stateful,
        )
        version = aws.secretsmanager.SecretVersion(
            "database",
            secret_id=secret.id,
            secret_string_wo=pulumi.Output.secret(pulumi.Output.json_dumps(content)),
            secret_string_wo_version=1,
            version_stages=[_CURRENT, _DECLARED],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["versionStages"]),
        )
        return version.secret_id

    def _replica(self) -> aws.secretsmanager.SecretReplicaArgs:
        settings = self._args.settings
        return aws.secretsmanager.SecretReplicaArgs(
            region=settings.general.dr_region, kms_key_id=settings.security.secrets_replica_key or None
        )
