"""What watches over an account, in the in-memory AWS."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def _target(client, name: str, statement: dict) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=f"{name}-source")
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial, statement]}))


def _log(client, name: str, prefix: str) -> None:
    client("s3").put_bucket_logging(
        Bucket=f"{name}-source",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": name, "TargetPrefix": prefix}},
    )


def _delivery(name: str, resource: str) -> dict:
    principal = {"Service": "logging.s3.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{resource}"}


@pytest.mark.parametrize("folder", ["s3/*", "s3/orders/*", "*"])
def test_access_logs_need_a_bucket_policy_for_the_prefix(client, folder):
    name = f"access-logs-{len(folder)}"
    _target(client, name, _delivery(name, f"{name}/{folder}"))
    _log(client, name, "s3/orders/")
    assert client("s3").get_bucket_logging(Bucket=f"{name}-source")["LoggingEnabled"]["TargetPrefix"] == "s3/orders/"


@pytest.mark.parametrize("resource", ["access-logs-elsewhere/alb/*", "access-logs-elsewhere/s3-other/*"])
def test_access_logs_outside_the_bucket_policy_are_refused(client, resource):
    name = "access-logs-elsewhere"
    _target(client, name, _delivery(name, resource))
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        _log(client, name, "s3/orders/")


def test_a_trail_is_deleted_by_its_arn(client):
    client("s3").create_bucket(Bucket="trail-to-delete")
    trails = client("cloudtrail")
    arn = trails.create_trail(Name="to-delete", S3BucketName="trail-to-delete", IsMultiRegionTrail=True)["TrailARN"]
    trails.delete_trail(Name=arn)
    assert arn not in [trail["TrailARN"] for trail in trails.list_trails()["Trails"]]
    with pytest.raises(ClientError, match="TrailNotFound"):
        trails.delete_trail(Name=arn)


def test_a_maintenance_window_task_keeps_its_cutoff_behaviour(client):
    ssm = client("ssm")
    window = ssm.create_maintenance_window(
        Name="patching", Schedule="cron(0 6 ? * SUN *)", Duration=3, Cutoff=1, AllowUnassociatedTargets=True
    )["WindowId"]
    task = ssm.register_task_with_maintenance_window(
        WindowId=window, TaskArn="AWS-RunPatchBaseline", TaskType="RUN_COMMAND", CutoffBehavior="CANCEL_TASK"
    )["WindowTaskId"]
    found = ssm.get_maintenance_window_task(WindowId=window, WindowTaskId=task)
    assert found["CutoffBehavior"] == "CANCEL_TASK"
