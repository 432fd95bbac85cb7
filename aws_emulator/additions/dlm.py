"""Data Lifecycle Manager: snapshot policies.

https://docs.aws.amazon.com/dlm/latest/APIReference/API_Operations.html
"""

from aws_emulator.store import Call, Record, Resource, Service, Tagging, make

SERVICE = Service("dlm", "https://docs.aws.amazon.com/dlm/latest/APIReference/API_Operations.html")


def _complete(_call: Call, record: Record) -> None:
    """What AWS fills in for a custom policy, and the type that the summary shows.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html
    """
    details = record.get("PolicyDetails")
    if details is not None:
        details.setdefault("PolicyType", "EBS_SNAPSHOT_MANAGEMENT")
        if details["PolicyType"] != "EVENT_BASED_POLICY":
            details.setdefault("ResourceLocations", ["CLOUD"])
        record["PolicyType"] = details["PolicyType"]
    record["DateModified"] = make.now()
    record["StatusMessage"] = record["State"]


def _seen(_call: Call, record: Record) -> Record:
    """`DefaultPolicy` names a volume or instance policy in the request and is a boolean in the description."""
    return {**record, "DefaultPolicy": "DefaultPolicy" in record}


SERVICE.resource(
    Resource(
        name="lifecycle policy",
        key=("PolicyId",),
        shapes=("LifecyclePolicy", "LifecyclePolicySummary"),
        make={
            "PolicyId": make.hex_id("policy-"),
            "PolicyArn": make.arn("dlm", "policy/{PolicyId}"),
            "DateCreated": make.now,
        },
        arn="PolicyArn",
        tags="Tags",
        create="CreateLifecyclePolicy",
        read="GetLifecyclePolicy",
        list="GetLifecyclePolicies",
        update="UpdateLifecyclePolicy",
        delete="DeleteLifecyclePolicy",
        filters={"PolicyIds": "PolicyId"},
        names="PolicyIds",
        on_create=_complete,
        on_update=_complete,
        view=_seen,
        not_emulated="the schedule: no snapshot is ever taken, copied or deleted",
    )
)
SERVICE.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
