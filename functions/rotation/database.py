"""The master credentials of an RDS instance, changed through the RDS API.

No driver and no way into the database's network is needed: the API sets the master's password without the old one,
so a rotation also heals credentials that were lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.rotation.steps import RotationError

# RDS API Reference, ModifyDBInstance, MasterUserPassword: these cannot be in it. Quote and backslash can, but
# break the shells and connection strings of those who paste it.
_EXCLUDED = "/@\" '\\`$"
PASSWORD_LENGTH = 40
# RDS takes a password over in the background, within seconds; between two looks it may not have begun yet, so
# that one quiet look proves nothing.
QUIET_LOOKS = 2
_LOOK_EVERY_SECONDS = 5.0

Remaining = Callable[[], float]
"""Seconds that are left to the function."""


@dataclass(frozen=True)
class DatabaseMaster:
    """`rds` and `secrets` are clients; `pause` waits for a number of seconds."""

    rds: Any
    secrets: Any
    instance: str
    remaining: Remaining
    pause: Callable[[float], None]

    def successor(self, current: Mapping[str, Any]) -> dict[str, Any]:
        """The same user with a random password."""
        password = self.secrets.get_random_password(
            PasswordLength=PASSWORD_LENGTH, ExcludeCharacters=_EXCLUDED, RequireEachIncludedType=True
        )["RandomPassword"]
        return {**current, "password": password}

    def change(self, current: Mapping[str, Any], pending: Mapping[str, Any]) -> None:
        """Sets the master's password. Raises RotationError when the secret is of another user, or RDS is busy."""
        found = self._described()
        # A secret that names somebody else would end up holding the master's password under the wrong name.
        for content in (current, pending):
            if content["username"] != found["MasterUsername"]:
                raise RotationError(
                    f"the secret is of user {content['username']!r}, the master of {self.instance} is "
                    f"{found['MasterUsername']!r}; correct the secret"
                )
        if found["DBInstanceStatus"] != "available":
            raise RotationError(f"{self.instance} is {found['DBInstanceStatus']}; Secrets Manager tries again")
        self.rds.modify_db_instance(
            DBInstanceIdentifier=self.instance, MasterUserPassword=pending["password"], ApplyImmediately=True
        )

    def verify(self, pending: Mapping[str, Any]) -> None:
        """Waits until RDS has taken the password over. Raises RotationError when time runs out first."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            found = self._described()
            settled = found["DBInstanceStatus"] == "available" and not _is_changing_password(found)
            quiet = quiet + 1 if settled else 0
            if quiet < QUIET_LOOKS:
                if self.remaining() < 2 * _LOOK_EVERY_SECONDS:
                    raise RotationError(f"{self.instance} has not taken the new password over in time")
                self.pause(_LOOK_EVERY_SECONDS)

    def _described(self) -> Mapping[str, Any]:
        return self.rds.describe_db_instances(DBInstanceIdentifier=self.instance)["DBInstances"][0]


def _is_changing_password(instance: Mapping[str, Any]) -> bool:
    return "MasterUserPassword" in instance.get("PendingModifiedValues", {})
