"""Services that the in-memory AWS lacks, and clients at which a process can be killed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Metrics
from botocore.exceptions import ClientError, EndpointConnectionError

from functions import order_item
from functions.redrive import handler
from functions.redrive.handler import Work


class KilledError(BaseException):
    """The process ends here, and runs nothing more: no handler of the program may catch it."""


class Killer:
    """Ends the process before or after one of the calls that change something, counted from 1."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._at = 0
        self._after = False
        self._error: Exception | None = None

    def at(self, call: int, *, after: bool, error: Exception | None = None) -> None:
        """With an `error` the process lives and is told that; without one it ends."""
        self.calls, self._at, self._after, self._error = [], call, after, error

    def disarm(self) -> None:
        self._at = 0

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        mine = len(self.calls) == self._at
        if mine and not self._after:
            raise self._error or KilledError(f"before {name}")
        answer = call()
        if mine:
            raise self._error or KilledError(f"after {name}")
        return answer


_READS = ("get_", "describe_", "list_", "batch_get_", "query", "scan")


def _only_operations(name: str) -> None:
    """What copies an object asks for names that no client has."""
    if name.startswith("_"):
        raise AttributeError(name)


class Mortal:
    """A client whose every changing call passes by the killer."""

    def __init__(self, real: Any, service: str, killer: Killer) -> None:
        self._real = real
        self._service = service
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        _only_operations(name)
        real = getattr(self._real, name)
        if name.startswith(_READS):
            return real
        return lambda **parameters: self._killer.around(f"{self._service} {name}", lambda: real(**parameters))


class Silent:
    """A client of a region that is lost: no call is answered."""

    def __getattr__(self, name: str) -> Any:
        _only_operations(name)

        def call(**_parameters: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://lost.example")

        return call


def error(code: str, message: str = "as the service says") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Any"
    )


class Databases:
    """RDS of one region: a promotion is asked for once, and takes a few looks."""

    def __init__(self, name: str, source: str | None) -> None:
        self.name = name
        self.source = source
        self.status = "available"
        self.promotions = 0
        self._looks_left = 0

    def describe_db_instances(self, DBInstanceIdentifier: str) -> Any:
        if DBInstanceIdentifier != self.name:
            raise error("DBInstanceNotFound")
        if self.status == "modifying":
            self._looks_left -= 1
            if self._looks_left <= 0:
                self.status, self.source = "available", None
        found = {"DBInstanceIdentifier": self.name, "DBInstanceStatus": self.status}
        if self.source:
            found["ReadReplicaSourceDBInstanceIdentifier"] = self.source
        return {"DBInstances": [found]}

    def promote_read_replica(self, DBInstanceIdentifier: str) -> Any:
        if self.status != "available" or not self.source:
            raise error("InvalidDBInstanceState")
        self.promotions += 1
        self.status, self._looks_left = "modifying", 3
        return {}


class Secrets:
    """Secrets Manager of one region, with one secret; a rotation is over at the second look."""

    def __init__(self, name: str, region: str, primary_region: str) -> None:
        self.name = name
        self.region = region
        self.primary_region: str | None = primary_region
        self.versions: dict[str, list[str]] = {"first": ["AWSCURRENT"]}
        self.rotations = 0
        self._looks_left = 0

    def describe_secret(self, SecretId: str) -> Any:
        if SecretId != self.name:
            raise error("ResourceNotFoundException")
        pending = [version for version, stages in self.versions.items() if stages == ["AWSPENDING"]]
        if pending:
            self._looks_left -= 1
            if self._looks_left <= 0:
                self.versions = {version: ["AWSPREVIOUS"] for version in self.versions}
                self.versions[pending[0]] = ["AWSCURRENT"]
        return {"Name": self.name, "PrimaryRegion": self.primary_region, "VersionIdsToStages": self.versions}

    def stop_replication_to_replica(self, SecretId: str) -> Any:
        self.primary_region = None
        return {}

    def rotate_secret(self, SecretId: str, ClientRequestToken: str, **_rest: Any) -> Any:
        if self.primary_region not in (None, self.region):
            raise error("InvalidRequestException", "a replica cannot be rotated")
        if ClientRequestToken in self.versions:
            return {}
        self.rotations += 1
        self.versions[ClientRequestToken], self._looks_left = ["AWSPENDING"], 2
        return {}


class Files:
    """EFS of one region: a deletion of the replication takes a few looks."""

    def __init__(self, name: str, source: str | None, *, other_side_answers: bool = True) -> None:
        self.name = name
        self.source = source
        self.other_side_answers = other_side_answers
        self.modes: list[str] = []
        self._status = "ENABLED"
        self._looks_left = 0

    def describe_file_systems(self, FileSystemId: str) -> Any:
        return {"FileSystems": [{"FileSystemId": FileSystemId, "LifeCycleState": "available"}]}

    def describe_replication_configurations(self, FileSystemId: str) -> Any:
        if self._status == "DELETING":
            self._looks_left -= 1
            if self._looks_left <= 0:
                self.source = None
        if self.source is None:
            raise error("ReplicationNotFound")
        destination = {"FileSystemId": self.name, "Status": self._status}
        return {"Replications": [{"SourceFileSystemId": self.source, "Destinations": [destination]}]}

    def delete_replication_configuration(self, SourceFileSystemId: str, DeletionMode: str = "ALL") -> Any:
        if SourceFileSystemId != self.source:
            raise error("ReplicationNotFound")
        if DeletionMode == "ALL" and not self.other_side_answers:
            raise error("InternalServerError")
        self.modes.append(DeletionMode)
        self._status, self._looks_left = "DELETING", 3
        return {}


class Engines:
    """Auto Scaling of one region, with one group: an engine comes into service a few looks after it was asked for."""

    def __init__(self, name: str, most: int = 20) -> None:
        self.name, self.most = name, most
        self.desired = 0
        self._looks_left = 0

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: Sequence[str]) -> Any:
        if AutoScalingGroupNames != [self.name]:
            return {"AutoScalingGroups": []}
        self._looks_left -= 1
        state = "Pending" if self._looks_left > 0 else "InService"
        instances = [{"LifecycleState": state} for _ in range(self.desired)]
        group = {"AutoScalingGroupName": self.name, "DesiredCapacity": self.desired, "MaxSize": self.most}
        return {"AutoScalingGroups": [{**group, "Instances": instances}]}

    def set_desired_capacity(self, AutoScalingGroupName: str, DesiredCapacity: int, HonorCooldown: bool) -> Any:
        assert AutoScalingGroupName == self.name
        assert DesiredCapacity <= self.most
        assert not HonorCooldown
        if DesiredCapacity > self.desired:
            self.desired, self._looks_left = DesiredCapacity, 6
        return {}


class CloudWatch:
    """CloudWatch: one lag for every replica, None for no measurement."""

    def __init__(self) -> None:
        self.lag: float | None = 0.4

    def get_metric_statistics(self, EndTime: Any, **_rest: Any) -> Any:
        points = [] if self.lag is None else [{"Timestamp": EndTime, "Maximum": self.lag}]
        return {"Datapoints": points}


class Lambda:
    """Order intake by its application, and the redrive by its handler."""

    def __init__(self, application: Any, redrive: Work) -> None:
        self.application = application
        self.redrive = redrive

    def invoke(self, FunctionName: str, Payload: bytes = b"{}", InvocationType: str = "RequestResponse") -> Any:
        if FunctionName.partition(":")[0].endswith("redrive"):
            sink = Metrics(namespace="T", service="t")
            answer: Any = handler.answer(self.redrive, json.loads(Payload), lambda: 60_000, sink)
            sink.clear_metrics()
        else:
            answer = self.application.answer(json.loads(Payload)).answer.proxy()
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), "StatusCode": 200}


class Stream:
    """Kinesis that takes everything; switched off, nothing. `records` are the bodies, the oldest first."""

    def __init__(self) -> None:
        self.working = True
        self.records: list[dict[str, Any]] = []

    def list_shards(self, StreamName: str) -> Any:
        return {"Shards": [{"ShardId": "shard-0"}]}

    def get_shard_iterator(self, **_where: Any) -> Any:
        return {"ShardIterator": "0"}

    def get_records(self, ShardIterator: str, Limit: int) -> Any:
        start = int(ShardIterator)
        page = self.records[start : start + 2]
        left = len(self.records) - start - len(page)
        records = [{"Data": json.dumps(body).encode()} for body in page]
        return {"Records": records, "NextShardIterator": str(start + len(page)), "MillisBehindLatest": left}

    def put_record(self, Data: bytes, **_record: Any) -> Any:
        if not self.working:
            raise error("ProvisionedThroughputExceededException")
        self.records.append(json.loads(Data))
        return {}

    def put_records(self, Records: Sequence[Mapping[str, Any]], **_record: Any) -> Any:
        for record in Records:
            self.put_record(record["Data"])
        return {"Records": [{} for _ in Records]}


class Routed:
    """DynamoDB as a region sees it: the control table is one truth, the others are the region's own."""

    def __init__(self, own: Any, control: Any, control_table: str) -> None:
        self._own = own
        self._control = control
        self._table = control_table

    def __getattr__(self, name: str) -> Any:
        _only_operations(name)

        def call(**parameters: Any) -> Any:
            client = self._control if parameters.get("TableName") == self._table else self._own
            return getattr(client, name)(**parameters)

        return getattr(self._own, name) if name == "get_paginator" else call


def ids(orders: Any, table: str) -> set[str]:
    return {item[order_item.KEY_ATTRIBUTE]["S"] for item in orders.scan(TableName=table)["Items"]}


class Building:
    """CodeBuild, S3 and KMS as a region that can grow has them: one project, the archives, the state's bucket and key,
    and a preview that succeeded."""

    project = "standby-scale-out"
    program = "standby-artifacts/source/platform.zip"
    published = "primary-artifacts/source/platform.zip"
    tools = "standby-artifacts/source/toolchain.tar.gz"
    key = "arn:aws:kms:us-west-2:123456789012:key/mrk-1"

    def __init__(self, now: Callable[[], int]) -> None:
        self.variables = {
            "PULUMI_BACKEND_URL": "s3://trading-state?region=us-west-2",
            "STATE_KEY_ARN": self.key,
            "TOOLCHAIN": self.tools,
            "PROGRAM_PUBLISHED": self.published,
        }
        self.objects = {self.program: "v2", self.published: "v2", self.tools: "v1"}
        self.buckets = {"trading-state"}
        self.key_state = "Enabled"
        self._now = now
        self.builds: list[dict[str, Any]] = [self._build("build-0")]

    def _build(self, identity: str, mode: str = "preview") -> dict[str, Any]:
        variables = [{"name": "GROW_MODE", "value": mode}]
        ended = datetime.fromtimestamp(self._now() / 1000, UTC)
        return {
            "id": identity,
            "buildStatus": "SUCCEEDED",
            "endTime": ended,
            "environment": {"environmentVariables": variables},
        }

    def batch_get_projects(self, names: Sequence[str]) -> Any:
        variables = [{"name": name, "value": value} for name, value in self.variables.items()]
        found = {
            "name": self.project,
            "source": {"location": self.program},
            "environment": {"environmentVariables": variables},
        }
        return {"projects": [found] if list(names) == [self.project] else []}

    def list_builds_for_project(self, projectName: str, **_: Any) -> Any:
        return {"ids": [build["id"] for build in reversed(self.builds)]}

    def batch_get_builds(self, ids: Sequence[str]) -> Any:
        return {"builds": [build for identity in ids for build in self.builds if build["id"] == identity]}

    def start_build(self, projectName: str, environmentVariablesOverride: Any) -> Any:
        self.builds.append(self._build(f"build-{len(self.builds)}", environmentVariablesOverride[0]["value"]))
        return {"build": self.builds[-1]}

    def list_object_versions(self, Bucket: str, Prefix: str, MaxKeys: int) -> Any:
        written = datetime.fromtimestamp(self._now() / 1000, UTC)
        found = [
            {"Key": key, "VersionId": self.objects[f"{Bucket}/{key}"], "IsLatest": True, "LastModified": written}
            for bucket, _, key in (where.partition("/") for where in self.objects)
            if bucket == Bucket and key.startswith(Prefix)
        ]
        return {"Versions": found} if found else {}

    def head_bucket(self, Bucket: str) -> Any:
        if Bucket not in self.buckets:
            raise error("404", "Not Found")

    def describe_key(self, KeyId: str) -> Any:
        if KeyId != self.key:
            raise error("NotFoundException")
        return {"KeyMetadata": {"KeyState": self.key_state}}
