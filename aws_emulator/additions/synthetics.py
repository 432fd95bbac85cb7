"""CloudWatch Synthetics: canaries.

https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_Operations.html
The store has the whole of it: moto can create canaries and neither change, start nor delete them.
"""

from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service("synthetics", "https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_Operations.html")
_RUN = {"TimeoutInSeconds": 840, "MemoryInMB": 1000, "ActiveTracing": False}
"""https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_CanaryRunConfigInput.html"""
_RETENTION_DAYS = 31
"""https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_CreateCanary.html"""


def _settle(call: Call, record: Record) -> None:
    """The code goes into a function and a layer of the canary's; only where they are is described."""
    code = record["Code"]
    if any(name in code for name in ("ZipFile", "S3Bucket")):
        layer = call.arn("lambda", f"layer:cwsyn-{record['Name']}-{record['Id']}:1")
        record["Code"] = {"SourceLocationArn": layer, "Handler": code.get("Handler", "")}
    record["RunConfig"] = {**_RUN, **record.get("RunConfig", {})}
    record["RunConfig"].pop("EnvironmentVariables", None)
    record["Schedule"].setdefault("DurationInSeconds", 0)
    if record.get("VpcConfig", {}).get("SubnetIds"):
        subnet = call.moto("ec2").get_subnet(record["VpcConfig"]["SubnetIds"][0])
        record["VpcConfig"]["VpcId"] = subnet.vpc_id
    record["ArtifactS3Location"] = record["ArtifactS3Location"].removeprefix("s3://")
    record["Timeline"]["LastModified"] = make.now()


def _created(call: Call, record: Record) -> None:
    record["Id"] = str(mock_random.uuid4())
    record["EngineArn"] = call.arn("lambda", f"function:cwsyn-{record['Name']}-{record['Id']}:1")
    record["Timeline"] = {"Created": make.now()}
    _settle(call, record)


def _stopped(_call: Call, record: Record) -> None:
    if record["Status"]["State"] == "RUNNING":
        raise AwsError("ConflictException", "A running canary cannot be deleted: stop it first")


CANARY = SERVICE.resource(
    Resource(
        name="canary",
        key=("Name",),
        shapes=("Canary",),
        defaults={
            "SuccessRetentionPeriodInDays": _RETENTION_DAYS,
            "FailureRetentionPeriodInDays": _RETENTION_DAYS,
            "ProvisionedResourceCleanup": "AUTOMATIC",
        },
        make={
            "Arn": make.arn("synthetics", "canary:{Name}"),
            "Status": lambda _call, _record: {"State": "READY"},
        },
        arn="Arn",
        tags="Tags",
        create="CreateCanary",
        read="GetCanary",
        list="DescribeCanaries",
        update="UpdateCanary",
        delete="DeleteCanary",
        filters={"Names": "Name"},
        on_create=_created,
        on_update=_settle,
        on_delete=_stopped,
        exists="ConflictException",
        not_emulated="runs: a started canary is running and never runs",
    )
)


@SERVICE.action("StartCanary", "StopCanary")
def _switch(call: Call) -> Any:
    record = CANARY.find(call)
    starts = call.operation.name == "StartCanary"
    record["Status"] = {"State": "RUNNING" if starts else "STOPPED"}
    record["Timeline"]["LastStarted" if starts else "LastStopped"] = make.now()
    return {}


@SERVICE.action("GetCanaryRuns")
def _runs(call: Call) -> Any:
    CANARY.find(call)
    return {"CanaryRuns": []}


@SERVICE.action("DescribeCanariesLastRun")
def _last_runs(_call: Call) -> Any:
    return {"CanariesLastRun": []}


SERVICE.covers(
    "canary, runs",
    "StartCanary",
    "StopCanary",
    "GetCanaryRuns",
    "DescribeCanariesLastRun",
    stored="whether a canary runs",
    not_emulated="runs: there are none",
)
SERVICE.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags", not_found="NotFoundException"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
