"""What people do by daylight, done at once: the region that comes back becomes the replica of the one that took over.

With AWS that is hours of work and copying: the database of the returned region is made anew as a read replica of the
promoted one, its secret is replicated to again, its file system is named as the destination of a replication. A
rehearsal needs the outcome. The instances keep their own settings, so that their stack still finds them as declared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_emulator.control import answered_as_json, body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STANDING_BY_PATH = "/_emulator/standing-by"


@dataclass(frozen=True)
class StandingBy:
    """`source` and `replica` are regions; database instances and file systems by identifier, source first."""

    source: str
    replica: str
    databases: tuple[str, str]
    files: tuple[str, str]
    secret: str


class StandingByMiddleware:
    """POST STANDING_BY_PATH takes a `StandingBy`, and answers it, or 400 with {"error"}.

    Expects one request at a time.
    """

    def __init__(self, application: WSGIApplication, account: str) -> None:
        self._application = application
        self._account = account

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != STANDING_BY_PATH:
            return self._application(environ, start_response)
        try:
            wanted = body_of(environ)
            roles = StandingBy(**wanted)
            _database(self._account, roles)
            _secret(self._account, roles)
            _files(self._account, roles)
        except (KeyError, TypeError, ValueError) as error:
            return answered_as_json(start_response, {"error": f"cannot stand by: {error!r}"}, "400 Bad Request")
        return answered_as_json(start_response, wanted)


def _database(account: str, roles: StandingBy) -> None:
    from moto.rds.models import rds_backends

    source: Any = rds_backends[account][roles.source].databases[roles.databases[0]]
    replica: Any = rds_backends[account][roles.replica].databases[roles.databases[1]]
    if replica.source_db_instance_identifier == source.db_instance_arn:
        return
    replica.set_as_replica()
    replica.source_db_instance_identifier = source.db_instance_arn
    source.is_replica, source.source_db_instance_identifier = False, None
    source.add_replica(replica)


def _secret(account: str, roles: StandingBy) -> None:
    from moto.secretsmanager.models import FakeSecret, ReplicaSecret, secretsmanager_backends

    from aws_emulator.corrections.secretsmanager import make_replica

    source = secretsmanager_backends[account][roles.source].secrets[roles.secret]
    replica = secretsmanager_backends[account][roles.replica].secrets.get(roles.secret)
    if isinstance(replica, ReplicaSecret) and replica.source is source:
        return
    if not isinstance(source, FakeSecret):
        raise ValueError(f"secret {roles.secret} of {roles.source} is a replica itself")
    make_replica(account, source, roles.replica)


def _files(account: str, roles: StandingBy) -> None:
    from aws_emulator.additions.efs import REPLICATION
    from aws_emulator.store import make
    from aws_emulator.store.backend import stores

    regions = stores("efs")[account]
    source, replica = roles.files
    for region in (roles.source, roles.replica):
        regions[region].table(REPLICATION.name).pop((replica,), None)
    regions[roles.source].table(REPLICATION.name)[(source,)] = {
        "SourceFileSystemId": source,
        "SourceFileSystemRegion": roles.source,
        "SourceFileSystemArn": f"arn:aws:elasticfilesystem:{roles.source}:{account}:file-system/{source}",
        "OriginalSourceFileSystemArn": f"arn:aws:elasticfilesystem:{roles.source}:{account}:file-system/{source}",
        "SourceFileSystemOwnerId": account,
        "CreationTime": make.now(),
        "Destinations": [
            {
                "Status": "ENABLED",
                "FileSystemId": replica,
                "Region": roles.replica,
                "OwnerId": account,
                "LastReplicatedTimestamp": make.now(),
            }
        ],
    }
