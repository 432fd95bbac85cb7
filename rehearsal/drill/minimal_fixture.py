"""A minimal fixture for drills: only the resources that recovery needs, created directly in seconds instead of minutes.

`rehearsal.drill.testbed.of_outputs` describes the stacks themselves. This fixture has the same tables, streams,
functions, databases, secret and files under its own names, and the shortest lease that the settings allow.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from aws_emulator.server import RunningServer
from components.settings.data import Consistency
from functions import packaging
from recovery import configuration
from recovery.configuration import Configuration, Site, Tables, Timing
from rehearsal.drill.testbed import Client, Testbed, client_of

PRIMARY, STANDBY, WITNESS = "us-east-1", "us-west-2", "us-east-2"
ALIAS = "live"
_SECRET = "small-database"
_TABLES = {"control": "small-control", "orders": "small-orders", "positions": "small-positions"}
_RECORDS = {PRIMARY: "small-primary-records", STANDBY: "small-standby-records"}
_LEASE = {
    # The shortest values that `LeaseSettings` allows with these time-outs. A busy machine can meet the time-outs.
    "LEASE_SECONDS": "4",
    "MARGIN_SECONDS": "0.2",
    "WRITE_TIMEOUT_SECONDS": "0.45",
    "RECHECK_SECONDS": "0.1",
}
_KEYS = {
    "control": (("item", "S"), ("sequence", "N")),
    "orders": (("order_id", "S"),),
    "positions": (("account_id", "S"), ("instrument", "S")),
}


_INDEXES = (
    ("by_account", "account_id", "accepted_at"),
    ("outbox", "outbox", "accepted_at"),
    ("by_change", "change_shard", "changed_at"),
)


def make(server: RunningServer, orders: Consistency = Consistency.EVENTUAL) -> Testbed:
    """Create the resources of both regions, ready for `open`. `orders` is the consistency of the orders and positions
    tables."""
    client = client_of(server)
    for table, keys in _KEYS.items():
        _table(client, table, keys, Consistency.STRONG if table == "control" else orders)
    sites = {role: _site(client, role, region) for role, region in (("primary", PRIMARY), ("standby", STANDBY))}
    _replicas(client, sites)
    _records(client)
    recovery = configuration.to_outputs(described(server.account_id, sites["primary"], sites["standby"]))
    outputs = {"ordersConsistency": orders.value, configuration.MEMBER: recovery}
    return Testbed(server, configuration.from_outputs(outputs), outputs)


def _table(client: Client, table: str, keys: tuple[tuple[str, str], ...], consistency: Consistency) -> None:
    attributes = dict(keys)
    indexes = _INDEXES if table == "orders" else ()
    for _, hash_key, range_key in indexes:
        attributes |= {hash_key: "S", range_key: "N"}
    arguments: dict[str, Any] = {
        "TableName": _TABLES[table],
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key_schema([key for key, _ in keys]),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": kind} for key, kind in attributes.items()],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    if indexes:
        arguments["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": _key_schema([hash_key, range_key]),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, hash_key, range_key in indexes
        ]
    dynamodb = client("dynamodb", PRIMARY)
    dynamodb.create_table(**arguments)
    replica: dict[str, Any] = {"ReplicaUpdates": [{"Create": {"RegionName": STANDBY}}]}
    if consistency is Consistency.STRONG:
        replica |= {
            "MultiRegionConsistency": "STRONG",
            "GlobalTableWitnessUpdates": [{"Create": {"RegionName": WITNESS}}],
        }
    dynamodb.update_table(TableName=_TABLES[table], **replica)


def _key_schema(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def _site(client: Client, role: str, region: str) -> Site:
    def name(part: str) -> str:
        return f"small-{role}-{part}"

    client("kinesis", region).create_stream(StreamName=name("orders"), ShardCount=1)
    sqs = client("sqs", region)
    queues = {
        queue: sqs.create_queue(QueueName=name(queue))["QueueUrl"] for queue in ("dead-letters", "source", "quarantine")
    }
    common = {
        "CONTROL_TABLE": _TABLES["control"],
        "ORDERS_TABLE": _TABLES["orders"],
        "POSITIONS_TABLE": _TABLES["positions"],
        "ORDER_STREAM": name("orders"),
        **_LEASE,
    }
    route = {key: queues[queue] for key, queue in zip(_ROUTE, ("dead-letters", "source", "quarantine"), strict=True)}
    settings = {
        "order_intake": common,
        "redrive": {**common, "ROUTES": json.dumps([route]), "SETTLE_SECONDS": "1", "RESERVE_SECONDS": "1"},
        "integrity": {
            "PRIMARY_REGION": PRIMARY,
            "DR_REGION": STANDBY,
            "CONTROL_TABLE": _TABLES["control"],
            "REPORT_BUCKET": name("reports"),
            "COMPARISONS": json.dumps(
                [
                    {"table": _TABLES["orders"], "lag_seconds": 1, "since_mark": True},
                    {"bucket": _RECORDS[PRIMARY], "replica": _RECORDS[STANDBY], "lag_seconds": 1},
                ]
            ),
        },
    }
    _bucket(client, region, name("reports"))
    role_arn = _role(client)
    for function, variables in settings.items():
        _function(client("lambda", region), name(function.replace("_", "-")), function, variables, role_arn)
    rotation = _rotation(client("lambda", region), name("rotation"), role_arn)
    return Site(
        role=role,
        region=region,
        order_intake=f"{name('order-intake')}:{ALIAS}",
        redrive=f"{name('redrive')}:{ALIAS}",
        integrity=f"{name('integrity')}:{ALIAS}",
        rotation=rotation,
        database=name("trade-history"),
        file_system=client("efs", region).create_file_system(CreationToken=name("files"))["FileSystemId"],
        order_stream=name("orders"),
        bus=name("events"),
        archive=f"arn:aws:events:{region}:123456789012:archive/{name('events')}",
    )


def _bucket(client: Client, region: str, name: str, **settings: Any) -> None:
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client("s3", region).create_bucket(Bucket=name, **where, **settings)


def _records(client: Client) -> None:
    """Create buckets for locked records that replicate in both directions, as in the stacks."""
    for region, name in _RECORDS.items():
        _bucket(client, region, name, ObjectLockEnabledForBucket=True)
        s3 = client("s3", region)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )
    for region, other in ((PRIMARY, STANDBY), (STANDBY, PRIMARY)):
        rule = {
            "ID": "records",
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{_RECORDS[other]}"},
        }
        client("s3", region).put_bucket_replication(
            Bucket=_RECORDS[region], ReplicationConfiguration={"Role": _role(client), "Rules": [rule]}
        )


_ROUTE = ("dead_letters", "source", "quarantine")


def _role(client: Client) -> str:
    iam = client("iam", PRIMARY)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    try:
        return iam.get_role(RoleName="small-functions")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        return iam.create_role(RoleName="small-functions", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def _function(client: Any, name: str, function: str, variables: dict[str, str], role: str) -> None:
    client.create_function(
        FunctionName=name,
        Runtime=packaging.RUNTIME,
        Role=role,
        Handler=packaging.handler_of(function),
        Code={"ZipFile": packaging.archive(packaging.content(function))},
        Environment={"Variables": variables},
        Timeout=30,
        MemorySize=256,
        Publish=True,
    )
    client.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion="1")


def _rotation(client: Any, name: str, role: str) -> str:
    """Create the rotation function. The rotation names it and never runs it: there is no database whose password it
    could set."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rotation.py", "def handle(event, context):\n    return None\n")
    return client.create_function(
        FunctionName=name,
        Runtime=packaging.RUNTIME,
        Role=role,
        Handler="rotation.handle",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]


def _replicas(client: Client, sites: dict[str, Site]) -> None:
    primary, standby = sites["primary"], sites["standby"]
    rds = client("rds", PRIMARY)
    source = rds.create_db_instance(
        DBInstanceIdentifier=primary.database,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="trading",
        MasterUserPassword="in-memory-only",
        BackupRetentionPeriod=1,
    )["DBInstance"]["DBInstanceArn"]
    client("rds", STANDBY).create_db_instance_read_replica(
        DBInstanceIdentifier=standby.database, SourceDBInstanceIdentifier=source
    )
    client("secretsmanager", PRIMARY).create_secret(
        Name=_SECRET, SecretString="{}", AddReplicaRegions=[{"Region": STANDBY}]
    )
    client("efs", PRIMARY).create_replication_configuration(
        SourceFileSystemId=primary.file_system,
        Destinations=[{"Region": STANDBY, "FileSystemId": standby.file_system}],
    )


def described(account: str, primary: Site, standby: Site) -> Configuration:
    """Return the configuration of a run between these sites, with the tables and the lease of this module."""
    return Configuration(
        account_id=account,
        primary=primary,
        standby=standby,
        tables=Tables(**_TABLES, order_book="small-order-book", market_data="small-market-data"),
        timing=Timing(
            lease=_milliseconds("LEASE_SECONDS"),
            margin=_milliseconds("MARGIN_SECONDS"),
            recheck=_milliseconds("RECHECK_SECONDS"),
            cooldown=600_000,
            replication_lag=2_000,
            decision=2000,
            call=250,
            order=2000,
        ),
        database_secret=_SECRET,
        rotation_days=30,
        account_claim="account_id",
        canary_account="CANARY",
        switch={"kind": "healthCheck"},
        scale_out={"project": "small-scale-out"},
    )


def _milliseconds(setting: str) -> int:
    return round(float(_LEASE[setting]) * 1000)
