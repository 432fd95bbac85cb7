"""EFS: file system and backup policies, replication, throughput changes and overwrite protection.

https://docs.aws.amazon.com/efs/latest/ug/API_Operations.html
File systems, mount targets and access points are moto's.
"""

from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.store import AwsError, Call, Record, Resource, Service, make
from aws_emulator.store.backend import stores
from aws_emulator.store.shapes import project

SERVICE = Service("efs", "https://docs.aws.amazon.com/efs/latest/ug/API_Operations.html")


def _file_system(call: Call, identifier: str, region: str | None = None) -> Any:
    try:
        return call.moto("efs", region).file_systems_by_id[identifier]
    except KeyError:
        raise AwsError("FileSystemNotFound", f"File system '{identifier}' does not exist.") from None


@SERVICE.action("PutFileSystemPolicy")
def _put_policy(call: Call) -> Any:
    _file_system(call, call.params["FileSystemId"]).file_system_policy = call.params["Policy"]
    return {"FileSystemId": call.params["FileSystemId"], "Policy": call.params["Policy"]}


@SERVICE.action("DescribeFileSystemPolicy")
def _describe_policy(call: Call) -> Any:
    policy = _file_system(call, call.params["FileSystemId"]).file_system_policy
    if not policy:
        raise AwsError("PolicyNotFound", "None of the policies is attached to this file system.")
    return {"FileSystemId": call.params["FileSystemId"], "Policy": policy}


@SERVICE.action("DeleteFileSystemPolicy")
def _delete_policy(call: Call) -> Any:
    _file_system(call, call.params["FileSystemId"]).file_system_policy = None
    return None


SERVICE.covers(
    "file system policy",
    "PutFileSystemPolicy",
    "DescribeFileSystemPolicy",
    "DeleteFileSystemPolicy",
    stored="the policy, with moto's file system",
    not_emulated="evaluation of the policy",
)


@SERVICE.action("PutBackupPolicy")
def _put_backup(call: Call) -> Any:
    status = call.params["BackupPolicy"]["Status"]
    _file_system(call, call.params["FileSystemId"])._backup = status in ("ENABLED", "ENABLING")
    return {"BackupPolicy": {"Status": status}}


@SERVICE.action("DescribeBackupPolicy")
def _describe_backup(call: Call) -> Any:
    enabled = _file_system(call, call.params["FileSystemId"])._backup
    return {"BackupPolicy": {"Status": "ENABLED" if enabled else "DISABLED"}}


SERVICE.covers(
    "backup policy",
    "PutBackupPolicy",
    "DescribeBackupPolicy",
    stored="whether the file system is backed up, with moto's file system",
    not_emulated="backups",
)


@SERVICE.action("UpdateFileSystem")
def _update(call: Call) -> Any:
    file_system = _file_system(call, call.params["FileSystemId"])
    mode = call.params.get("ThroughputMode", file_system.throughput_mode)
    file_system.throughput_mode = mode
    rate = call.params.get("ProvisionedThroughputInMibps", file_system.provisioned_throughput_in_mibps)
    file_system.provisioned_throughput_in_mibps = rate if mode == "provisioned" else None
    return _described(call, file_system)


def _described(call: Call, file_system: Any) -> Record:
    info = file_system.info_json()
    info["CreationTime"] = make.from_epoch(info["CreationTime"])
    info["SizeInBytes"]["Timestamp"] = make.from_epoch(info["SizeInBytes"]["Timestamp"])
    return project(call.output, info)


@SERVICE.action("UpdateFileSystemProtection")
def _protect(call: Call) -> Any:
    """Kept where moto's description of the file system takes it from."""
    protection = {"ReplicationOverwriteProtection": call.params.get("ReplicationOverwriteProtection", "ENABLED")}
    _file_system(call, call.params["FileSystemId"]).file_system_protection = protection
    return protection


SERVICE.covers(
    "file system, changes",
    "UpdateFileSystem",
    "UpdateFileSystemProtection",
    stored="throughput and overwrite protection, with moto's file system",
    not_emulated="throughput",
)

REPLICATION = Resource(
    name="replication configuration",
    key=("SourceFileSystemId",),
    shapes=("ReplicationConfigurationDescription",),
    make={
        "SourceFileSystemRegion": lambda call, _record: call.region,
        "SourceFileSystemArn": make.arn("elasticfilesystem", "file-system/{SourceFileSystemId}"),
        "OriginalSourceFileSystemArn": make.same_as("SourceFileSystemArn"),
        "SourceFileSystemOwnerId": make.account,
        "CreationTime": make.now,
    },
    exists="ConflictException",
)


@SERVICE.action("CreateReplicationConfiguration")
def _replicate(call: Call) -> Any:
    source = _file_system(call, call.params["SourceFileSystemId"])
    record = REPLICATION.fields(call)
    record["Destinations"] = [_destination(call, source, wanted) for wanted in record["Destinations"]]
    return REPLICATION.answer(call, REPLICATION.add(call, record))


def _destination(call: Call, source: Any, wanted: Record) -> Record:
    """The destination of a replication: the named file system, or a new one in the destination's region."""
    region = wanted.get("Region") or wanted.get("AvailabilityZoneName", call.region).rstrip("abcdef")
    identifier = wanted.get("FileSystemId")
    own_key = f"arn:{call.partition}:kms:{region}:{call.account}:alias/aws/elasticfilesystem"
    if identifier:
        _file_system(call, identifier, region)
    else:
        identifier = (
            call.moto("efs", region)
            .create_file_system(
                creation_token=str(mock_random.uuid4()),
                performance_mode=source.performance_mode,
                encrypted=True,
                kms_key_id=wanted.get("KmsKeyId", own_key),
                throughput_mode=source.throughput_mode,
                provisioned_throughput_in_mibps=source.provisioned_throughput_in_mibps,
                availability_zone_name=wanted.get("AvailabilityZoneName"),
                backup=False,
                tags=[],
            )
            .file_system_id
        )
    return {
        "Status": "ENABLED",
        "FileSystemId": identifier,
        "Region": region,
        "OwnerId": call.account,
        "LastReplicatedTimestamp": make.now(),
    }


def _seen_from(call: Call) -> list[tuple[dict[tuple[str, ...], Record], Record]]:
    """The replications of which the region of the call is the source or a destination, with their tables."""
    found = []
    for store in list(stores("efs")[call.account].values()):
        table = store.table(REPLICATION.name)
        for record in table.values():
            regions = {record["SourceFileSystemRegion"], *(item["Region"] for item in record["Destinations"])}
            if call.region in regions:
                found.append((table, record))
    return found


@SERVICE.action("DescribeReplicationConfigurations")
def _describe_replications(call: Call) -> Any:
    records = [record for _table, record in _seen_from(call)]
    wanted = call.params.get("FileSystemId")
    if wanted:
        _file_system(call, wanted)
        records = [
            record
            for record in records
            if wanted in {record["SourceFileSystemId"], *(item["FileSystemId"] for item in record["Destinations"])}
        ]
        if not records:
            raise AwsError("ReplicationNotFound", f"File system '{wanted}' is not part of a replication")
    return REPLICATION.answer_list(call, records)


@SERVICE.action("DeleteReplicationConfiguration")
def _delete_replication(call: Call) -> Any:
    source = call.params["SourceFileSystemId"]
    for table, record in _seen_from(call):
        if record["SourceFileSystemId"] == source:
            del table[(source,)]
            return None
    raise AwsError("ReplicationNotFound", f"File system '{source}' is not the source of a replication")


SERVICE.covers(
    "replication configuration",
    "CreateReplicationConfiguration",
    "DescribeReplicationConfigurations",
    "DeleteReplicationConfiguration",
    stored="the pair of file systems, seen from both regions; the destination is a file system of moto's",
    not_emulated="copying: the destination stays empty, and is left behind when the replication is deleted",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
