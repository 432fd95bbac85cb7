"""Removal of the protections of a rehearsal's resources, so that it can destroy them."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from typing import Any

from aws_emulator.retention import RETENTION_PATH
from rehearsal.verification.clients import Clients


def lift_protections(clients: Clients) -> None:
    """Turn off deletion protection and empty buckets in one region of the in-memory AWS."""
    for lift in _LIFTS:
        lift(clients)


def _tables(clients: Clients) -> None:
    client = clients.client("dynamodb")
    for name in clients.pages("dynamodb", "list_tables", "TableNames"):
        if client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)


def _databases(clients: Clients) -> None:
    client = clients.client("rds")
    for instance in clients.pages("rds", "describe_db_instances", "DBInstances"):
        if instance.get("DeletionProtection"):
            client.modify_db_instance(
                DBInstanceIdentifier=instance["DBInstanceIdentifier"], DeletionProtection=False, ApplyImmediately=True
            )


def _balancers(clients: Clients) -> None:
    client = clients.client("elbv2")
    for balancer in clients.pages("elbv2", "describe_load_balancers", "LoadBalancers"):
        client.modify_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
        )


def _buckets(clients: Clients) -> None:
    client = clients.client("s3")
    buckets = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    here = [
        name
        for name in buckets
        if (client.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1") == clients.region
    ]
    # Do this before emptying the first bucket: later requests would write access logs into their target bucket.
    for name in here:
        client.put_bucket_logging(Bucket=name, BucketLoggingStatus={})
    for name in here:
        # The policy of a log bucket denies deletion to everyone.
        client.delete_bucket_policy(Bucket=name)
        _empty(client, name)


def _empty(client: Any, bucket: str) -> None:
    """Delete the first page repeatedly: a marker for a second page would name a deleted version."""
    while True:
        page = client.list_object_versions(Bucket=bucket)
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not found:
            return
        for entry in found:
            client.delete_object(
                Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"], BypassGovernanceRetention=True
            )


def _retention(clients: Clients) -> None:
    """Expire Object Lock. No client can do this in AWS; the in-memory server lets the years pass."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(clients.environment["AWS_ENDPOINT_URL"] + RETENTION_PATH, data=b"")
    direct.open(request, timeout=60).close()


def _log_streams(clients: Clients) -> None:
    client = clients.client("logs")
    for group in clients.pages("logs", "describe_log_groups", "logGroups"):
        if group.get("deletionProtectionEnabled"):
            client.put_log_group_deletion_protection(
                logGroupIdentifier=group["logGroupName"], deletionProtectionEnabled=False
            )


_LIFTS: tuple[Callable[[Clients], None], ...] = (_tables, _databases, _balancers, _retention, _buckets, _log_streams)
