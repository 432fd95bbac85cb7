"""RDS: instances have an identity of their own, Performance Insights is kept, and read replicas stand by themselves.

- DbiResourceId is unique in a Region and never changes.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
- Performance Insights and the other settings of `_SETTINGS` come back as they were given.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
- A read replica takes over engine, storage and encryption of its source; identity, tags, zone, logs, backups and
  protection are its own. Across Regions the source is named by its ARN, within one by its identifier.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
- Parameters that were set are the user's, and can be set back.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Parameter.html
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ResetDBParameterGroup.html
- A promoted replica has no source any more, and its source does not count it.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
"""

from __future__ import annotations

import copy
import string
from collections.abc import Iterable
from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from aws_emulator.corrections._patch import around, lacking

_SETTINGS = {
    "enable_performance_insights": None,
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
    "database_insights_mode": "standard",
    "dedicated_log_volume": False,
    "engine_lifecycle_support": "open-source-rds-extended-support",
    "network_type": "IPV4",
}
"""Request parameters that moto drops, with the value that AWS answers when they are not given."""
DEFAULT_INSIGHTS_DAYS = 7
"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""
_RESOURCE_ID_LENGTH = 26


@cache
def install() -> None:
    around(DBInstance, "__init__", _make)
    around(DBInstance, "remove_replica", _remove_replica)
    around(DBParameterGroup, "update_parameters", _update_parameters)
    lacking(RDSResponse, "reset_db_parameter_group", _reset_parameters)
    around(RDSBackend, "create_db_instance_read_replica", _create_replica)
    around(RDSBackend, "promote_read_replica", _promote)
    DBInstance.performance_insights_enabled = property(  # type: ignore[attr-defined] # pyright: ignore
        lambda instance: bool(instance.enable_performance_insights)
    )


def _resource_id() -> str:
    alphabet = string.ascii_uppercase + string.digits
    return "db-" + "".join(mock_random.choice(alphabet) for _ in range(_RESOURCE_ID_LENGTH))


def _make(original: Any, instance: DBInstance, *args: Any, **kwargs: Any) -> None:
    original(instance, *args, **kwargs)
    instance.dbi_resource_id = _resource_id()
    for name, default in _SETTINGS.items():
        given = kwargs.get(name)
        setattr(instance, name, default if given is None else given)
    _default_insights(instance)


def _default_insights(instance: Any) -> None:
    if instance.enable_performance_insights and instance.performance_insights_retention_period is None:
        instance.performance_insights_retention_period = DEFAULT_INSIGHTS_DAYS


def _create_replica(_original: Any, backend: RDSBackend, db_kwargs: dict[str, Any]) -> DBInstance:
    identifier = db_kwargs["db_instance_identifier"]
    backend._validate_db_identifier(identifier)
    source = backend.find_db_from_id(db_kwargs["source_db_instance_identifier"])
    replica = copy.copy(source)
    _own_identity(replica, backend, source)
    wanted = {key: value for key, value in db_kwargs.items() if key not in {"backend", "tags"}}
    wanted["source_db_instance_identifier"] = (
        source.db_instance_identifier if source.region == replica.region else source.db_instance_arn
    )
    exports = wanted.pop("enable_cloudwatch_logs_exports", None)
    replica.enabled_cloudwatch_logs_exports = list(exports or [])
    replica.tags = list(db_kwargs.get("tags") or [])
    replica.update(**wanted)
    _default_insights(replica)
    replica.set_as_replica()
    backend.databases[identifier] = replica
    source.add_replica(replica)
    return replica


def _own_identity(replica: Any, backend: RDSBackend, source: DBInstance) -> None:
    replica.backend = backend
    replica.dbi_resource_id = _resource_id()
    replica.created = replica.instance_create_time = utcnow()
    replica.multi_az = False
    replica.deletion_protection = False
    replica.backup_retention_period = 0
    replica.manage_master_user_password = False
    vars(replica).pop("master_user_secret", None)
    replica.enable_iam_database_authentication = False
    replica.monitoring_interval, replica.monitoring_role_arn = 0, None
    replica.max_allocated_storage = source.allocated_storage
    replica.domain_memberships, replica._associated_roles = [], []
    replica.enable_performance_insights = None
    replica.performance_insights_retention_period = replica.performance_insights_kms_key_id = None
    replica.availability_zone = f"{backend.region_name}a"
    replica.vpc_security_group_ids = list(source.vpc_security_group_ids)
    if source.region != backend.region_name:
        replica.db_parameter_group_name = None
        replica._db_subnet_group_name = None
        vars(replica).pop("db_subnet_group", None)
        ec2: Any = ec2_backends[backend.account_id][backend.region_name]
        replica.vpc_security_group_ids = [ec2.get_default_security_group(ec2.default_vpc.id).id]


def _update_parameters(original: Any, group: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
    original(group, [{**parameter, "Source": "user"} for parameter in new_parameters])


def _reset_parameters(response: RDSResponse) -> ActionResult:
    name = response.params["DBParameterGroupName"]
    group = response.backend.describe_db_parameter_groups({"db_parameter_group_name": name})[0]
    reset = {parameter["ParameterName"] for parameter in response.params.get("Parameters", [])}
    for parameter in list(group.parameters):
        if response.params.get("ResetAllParameters") or parameter in reset:
            del group.parameters[parameter]
    return ActionResult({"DBParameterGroupName": name})


def _remove_replica(_original: Any, source: DBInstance, replica: DBInstance) -> None:
    names = {replica.db_instance_identifier, replica.db_instance_arn}
    source.replicas = [name for name in source.replicas if name not in names]


def _promote(original: Any, backend: RDSBackend, db_kwargs: dict[str, Any]) -> DBInstance:
    replica = backend.databases.get(db_kwargs["db_instance_identifier"])
    source = replica.source_db_instance_identifier if replica and replica.is_replica else None
    promoted = original(backend, db_kwargs)
    if source:
        backend.find_db_from_id(source).remove_replica(promoted)
        promoted.source_db_instance_identifier = None
    return promoted
