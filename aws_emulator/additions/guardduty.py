"""GuardDuty: features of a detector, tags of detectors and filters.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Operations.html
Detectors and filters are moto's; features and tags are kept in them.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Service

SERVICE = Service("guardduty", "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Operations.html")


def _merge(features: list[Record], changes: list[Record]) -> list[Record]:
    """A change of one feature leaves the others as they are.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """
    merged = {feature["name"]: feature for feature in features}
    for change in changes:
        name = change["Name"]
        more = [{"name": item["Name"], "status": item["Status"]} for item in change.get("AdditionalConfiguration", [])]
        known = merged.get(name, {}).get("additionalConfiguration", [])
        kept = [item for item in known if item["name"] not in {new["name"] for new in more}]
        merged[name] = {"name": name, "status": change["Status"], "additionalConfiguration": [*kept, *more]}
    return list(merged.values())


@SERVICE.action("UpdateDetector")
def _update(call: Call) -> Any:
    detector = call.moto("guardduty").get_detector(call.params["DetectorId"])
    sources = call.params.get("DataSources")
    detector.update(
        call.params.get("Enable"),
        call.params.get("FindingPublishingFrequency"),
        None if sources is None else {**detector.datasources, **_as_moto(sources)},
        _merge(detector.features, call.params.get("Features", [])),
    )
    return {}


def _as_moto(value: Any) -> Any:
    """Members as moto keeps them: the names of the wire, which begin in lower case."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _as_moto(member) for name, member in value.items()}
    return value


SERVICE.covers(
    "detector feature",
    "UpdateDetector",
    stored="the status of each feature, in moto's detector",
    not_emulated="detection: there are never findings",
)


@SERVICE.action("TagResource", "UntagResource", "ListTagsForResource")
def _tags(call: Call) -> Any:
    tags = _tags_of(call, call.params["ResourceArn"])
    tags.update(call.params.get("Tags", {}))
    for key in call.params.get("TagKeys", []):
        tags.pop(key, None)
    return {"Tags": tags} if call.operation.name == "ListTagsForResource" else {}


def _tags_of(call: Call, arn: str) -> dict[str, str]:
    path = arn.split(":", 5)[-1].split("/")
    detector = call.moto("guardduty").detectors.get(path[1] if len(path) > 1 else "")
    if detector is None or (len(path) == 4 and path[3] not in detector.filters):
        raise AwsError("BadRequestException", f"The request is rejected because {arn} does not exist.")
    return detector.tags if len(path) == 2 else call.store.tags.setdefault(arn, {})


SERVICE.covers(
    "tags",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    stored="tags of detectors (moto's) and filters",
    not_emulated="tag policies",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
