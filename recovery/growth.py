"""Whether the recovery region can grow without the primary's region and without public sites.

A takeover grows the region by a build of CodeBuild (`recovery.scale_out`). Each object that the build needs is checked
where the build would read it, by the project's own configuration and not by the exports. Last comes the proof, the
latest build of this project that succeeded: `doctor --preview` runs it as a preview, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures
from functions.clock import timestamp
from recovery.check import Check
from recovery.context import Context
from recovery.errors import RegionLostError, StepFailedError
from recovery.scale_out import DONE, latest_builds, variables_of

BACKEND, KEY, TOOLCHAIN, PUBLISHED = "PULUMI_BACKEND_URL", "STATE_KEY_ARN", "TOOLCHAIN", "PROGRAM_PUBLISHED"
"""Variables of the project: URL of the engine's state, ARN of the key of its secrets, and `BUCKET/KEY` of the archive
of tools and of the program as the primary's pipeline publishes it."""
_MINUTE = 60_000
PROVEN_DAYS = 35
"""Age from which a build that succeeded proves nothing: a preview each month is younger."""
_PREVIEWED_WITHIN, _POLL = 90 * _MINUTE, 10_000
_GONE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})


def checks(context: Context) -> list[Check]:
    """One check for each thing that the build needs; nothing where the exports name no project, or the run leads to the
    primary, which has its size."""
    name = context.configuration.scale_out.get("project")
    if not name or context.target != context.configuration.standby:
        return []
    try:
        found = context.clients.here("codebuild").batch_get_projects(names=[name])["projects"]
    except (BotoCoreError, ClientError) as error:
        return [Check("growth", False, f"project {name}: {_said(error)}", "see whether CodeBuild answers")]
    if not found:
        return [Check("growth", False, f"project {name} does not exist", "bring the recovery stack up")]
    project = _Project.of(found[0])
    return [_checked(name, look, context, project) for name, look in _LOOKS.items()]


def preview(context: Context) -> Check:
    """Runs the growth as a preview and waits for it. It takes minutes and changes nothing."""
    grow = context.parts.grow
    try:
        started = grow.preview(context.announce)

        def ended() -> bool | None:
            return True if grow.state(started) == DONE else None

        context.waiter.until(ended, what=f"preview {started}", within=_PREVIEWED_WITHIN, every=_POLL)
    except StepFailedError as error:
        return Check("growth: preview", False, str(error), "put it right: a takeover would not grow the region")
    return Check("growth: preview", True, f"{started} succeeded")


@dataclass(frozen=True)
class _Project:
    name: str
    source: str
    variables: Mapping[str, str]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> _Project:
        return cls(answer["name"], answer.get("source", {}).get("location", ""), variables_of(answer))

    def variable(self, name: str) -> str:
        return self.variables.get(name, "").strip()


def _checked(name: str, look: Callable[[Context, _Project, str], Check], context: Context, project: _Project) -> Check:
    try:
        return look(context, project, name)
    except (BotoCoreError, ClientError) as error:
        return Check(name, False, _said(error), "see whether it exists and may be looked at")


def _state(context: Context, project: _Project, name: str) -> Check:
    url = project.variable(BACKEND)
    if not url:
        return Check(name, False, f"{BACKEND} of {project.name} is empty", "set stateBackendUrl in both stack files")
    found = urlsplit(url)
    region = parse_qs(found.query).get("region", [context.target.region])[0]
    if region == context.source.region:
        return Check(name, False, f"{url} is in {region}", f"move the state out of {region}")
    context.clients.at("s3", region).head_bucket(Bucket=found.netloc)
    return Check(name, True, f"bucket {found.netloc} in {region} answers")


def _program(context: Context, project: _Project, name: str) -> Check:
    here = _here(context, project.source)
    if here is None:
        way_out = "deploy by the pipeline, which publishes the program; or upload it"
        return Check(name, False, f"s3://{project.source} does not exist", way_out)
    shown = f"s3://{project.source} of {here['LastModified']:%Y-%m-%d %H:%M} UTC"
    there, why = _published(context, project)
    if there is None:
        return Check(name, True, f"{shown}; {why}")
    # S3 User Guide, "What does Amazon S3 replicate?": a replica has the version id of its source.
    if there.get("VersionId") != here.get("VersionId"):
        found = f"{shown} is not the version that the pipeline published at {there['LastModified']:%Y-%m-%d %H:%M} UTC"
        return Check(name, False, found, "wait 15 minutes for the replication of the bucket, then see its metrics")
    return Check(name, True, f"{shown}, the version that the pipeline published last")


def _published(context: Context, project: _Project) -> tuple[Mapping[str, Any] | None, str]:
    """The program as the primary's pipeline published it, or why there is nothing to compare with."""
    where, nothing = project.variable(PUBLISHED), "no pipeline publishes it in the primary"
    if not where:
        return None, nothing
    try:
        found = _latest(context.clients.there("s3", "list_object_versions", **_asked(where)), where)
        return found, "" if found else nothing
    except RegionLostError:
        return None, "whether it is the latest is not known: the primary does not answer"
    except ClientError as error:
        if failures.code(error) in _GONE:
            return None, nothing
        raise


def _secrets_key(context: Context, project: _Project, name: str) -> Check:
    arn = project.variable(KEY)
    if not arn:
        way_out = "set stateKeyArn to the key of `pulumi stack init --secrets-provider`"
        return Check(name, False, f"{KEY} of {project.name} is empty", way_out)
    region = arn.split(":")[3]
    if region != context.target.region:
        way_out = f"use a multi-Region key, by its ARN in {context.target.region}"
        return Check(name, False, f"{arn} is in {region}", way_out)
    state = context.clients.here("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
    return Check(name, state == "Enabled", f"{arn} is {state}", "enable the key")


def _toolchain(context: Context, project: _Project, name: str) -> Check:
    where = project.variable(TOOLCHAIN)
    found = _here(context, where) if where else None
    if found is None:
        way_out = (
            f"run it once: aws codebuild start-build --project-name {project.name} --environment-variables-override "
            "name=GROW_MODE,value=toolchain"
        )
        shown = f"s3://{where} does not exist: the build fetches its tools from public sites"
        return Check(name, False, shown, way_out)
    return Check(name, True, f"s3://{where} of {found['LastModified']:%Y-%m-%d %H:%M} UTC")


def _proof(context: Context, project: _Project, name: str) -> Check:
    """The latest build that succeeded, by its end."""
    way_out = "`python -m runbook doctor --preview` runs the build as a preview"
    for build in latest_builds(context.clients.here("codebuild"), project.name):
        if build["buildStatus"] != "SUCCEEDED" or variables_of(build).get("GROW_MODE") == "toolchain":
            continue
        ended = round(build["endTime"].timestamp() * 1000)
        days = (context.waiter.clock() - ended) // (24 * 60 * _MINUTE)
        shown = f"{build['id']} succeeded {days} days ago, at {timestamp(ended)}"
        return Check(name, days <= PROVEN_DAYS, shown, way_out)
    return Check(name, False, f"no build of {project.name} has succeeded", way_out)


def _latest(answer: Mapping[str, Any], where: str) -> Mapping[str, Any] | None:
    """The latest version of an object `BUCKET/KEY` in a list of versions; None where it does not exist."""
    key = where.partition("/")[2]
    versions = [one for one in answer.get("Versions", []) if one["Key"] == key and one["IsLatest"]]
    return versions[0] if versions else None


def _asked(where: str) -> dict[str, Any]:
    """Parameters of ListObjectVersions for an object: listing needs no permission to read what is in it."""
    bucket, _, key = where.partition("/")
    # Versions of one key come newest first, and a delete marker stands for an object that does not exist (S3 API
    # Reference, ListObjectVersions).
    return {"Bucket": bucket, "Prefix": key, "MaxKeys": 10}


def _here(context: Context, where: str) -> Mapping[str, Any] | None:
    """The latest version of an object in the recovery region; None where it or its bucket does not exist."""
    try:
        return _latest(context.clients.here("s3").list_object_versions(**_asked(where)), where)
    except ClientError as error:
        if failures.code(error) in _GONE:
            return None
        raise


def _said(error: Exception) -> str:
    return f"{failures.code(error)}: {error}"


_LOOKS: dict[str, Callable[[Context, _Project, str], Check]] = {
    "growth: state": _state,
    "growth: program": _program,
    "growth: secrets key": _secrets_key,
    "growth: tools": _toolchain,
    "growth: proof": _proof,
}
"""By name, in the order in which the build needs them."""
