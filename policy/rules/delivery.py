"""Pipelines and builds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.plaintext import plaintext_secrets
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.keys_of import missing_customer_key, no_customer_key
from policy.stack import Stack

RULES = Rules("Delivery")


@RULES.joined(
    t.PIPELINE,
    t.BUILD_PROJECT,
    id="pipeline-encrypted",
    title="Build artifacts are encrypted with a customer-managed key",
    remediation="Set artifactStores[].encryptionKey of the pipeline and encryptionKey of the build project.",
    needs=("artifactStores", (t.BUILD_PROJECT, "encryptionKey")),
)
def pipeline_encrypted(resource: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Artifacts hold the code that will run."""
    if resource.type == t.BUILD_PROJECT:
        reason = missing_customer_key(resource, stack, "encryptionKey")
        yield from [reason] if reason else []
        return
    stores = resource.items("artifactStores")
    if not stores:
        yield "has no artifact store"
    for store in stores:
        if reason := no_customer_key(resource, stack, "artifactStores", (store.get("encryptionKey") or {}).get("id")):
            yield reason


@RULES.resource(
    t.PIPELINE,
    id="pipeline-approval",
    title="Pipelines have an approval before the first deployment",
    remediation="Put an action of category Approval before the first that deploys: of category Deploy, or a build that "
    "makes nothing and so carries something out (give what only checks the category Test).",
    needs=("stages",),
    parameters={
        "deploying": Parameter(
            "array",
            ["deploy", "deploy-*", "*-deploy", "*-deploy-*"],
            "Names of build projects that deploy, whatever category their action has; * for a part.",
            items="string",
        )
    },
)
def pipeline_approval(pipeline: Resource, parameters: Parameters) -> Iterator[str]:
    """Two people must see every change.

    An action of category Invoke or Compute can deploy, and so can a Test action whose project deploys elsewhere in the
    pipeline or is listed as deploying.
    """
    ordered = [
        (stage, action)
        for stage in pipeline.items("stages")
        for action in sorted(stage.get("actions") or [], key=lambda action: action.get("runOrder") or 1)
    ]
    deploying = {_project(action) for _, action in ordered if _deploys(action) and action.get("category") != "Test"}
    approved = False
    for stage, action in ordered:
        approved = approved or action.get("category") == "Approval"
        project = _project(action)
        disguised = bool(project) and (
            project in deploying or any(fnmatchcase(project, pattern) for pattern in parameters["deploying"])
        )
        if (_deploys(action) or disguised) and not approved:
            yield f"stage {stage.get('name')!r} deploys without approval"
            return


def _project(action: Mapping[str, Any]) -> str:
    return str((action.get("configuration") or {}).get("ProjectName") or "")


def _deploys(action: Mapping[str, Any]) -> bool:
    category = action.get("category")
    if category in ("Deploy", "Invoke", "Compute"):
        return True
    if category == "Test":
        return action.get("provider") not in _TESTING
    return category == "Build" and not action.get("outputArtifacts")


# CodePipeline User Guide, "Valid action providers in each category": those of the category Test.
_TESTING = ("CodeBuild", "DeviceFarm", "BlazeMeter", "Jenkins", "GhostInspector", "RunscopeLoadTesting", None)


@RULES.resource(
    t.BUILD_PROJECT,
    t.PIPELINE,
    id="build-no-plaintext-secrets",
    title="Builds and pipelines hold no secret in plain text",
    remediation="Use type SECRETS_MANAGER or PARAMETER_STORE.",
    needs=("environment.environmentVariables",),
)
def build_secrets(project: Resource, _: Parameters) -> Iterator[str]:
    """Everyone who may read a project can read its variables, and build logs often print them."""
    for settings in _settings(project):
        for name in plaintext_secrets(settings):
            yield f"has the secret {name} in plain text"


def _settings(resource: Resource) -> Iterator[dict[str, Any]]:
    """What a build, or each action of a pipeline, is given."""
    if resource.type == t.BUILD_PROJECT:
        yield _plain(resource.items("environment.environmentVariables"))
        return
    for stage in resource.items("stages"):
        for action in stage.get("actions") or []:
            configuration = dict(action.get("configuration") or {})
            variables = configuration.pop("EnvironmentVariables", None)
            yield configuration
            if variables:
                yield _plain(json.loads(variables))


def _plain(variables: list[Any]) -> dict[str, Any]:
    return {str(v.get("name")): v.get("value") for v in variables if v.get("type") in (None, "PLAINTEXT")}


@RULES.resource(
    t.BUILD_PROJECT,
    id="build-not-privileged",
    title="Builds are not privileged",
    remediation="Set environment.privilegedMode to false; build images with a tool that needs no Docker daemon.",
    needs=("environment.privilegedMode",),
    parameters={
        "allowed": Parameter("array", [], "Names of projects that may be privileged; * for a part.", items="string")
    },
)
def build_not_privileged(project: Resource, parameters: Parameters) -> Iterator[str]:
    """A privileged build has root access to its host and runs fetched code."""
    name = str(project.peek("name") or project.name)
    if project.flag("environment.privilegedMode") and not any(fnmatchcase(name, p) for p in parameters["allowed"]):
        yield "is privileged"


@RULES.resource(
    t.BUILD_PROJECT,
    id="build-logged",
    title="Builds have logs",
    remediation="Set logsConfig.cloudwatchLogs.status or logsConfig.s3Logs.status to ENABLED.",
    needs=("logsConfig.cloudwatchLogs.status",),
)
def build_logged(project: Resource, _: Parameters) -> Iterator[str]:
    """By default builds log to CloudWatch (CodeBuild API, LogsConfig)."""
    cloudwatch = project.text("logsConfig.cloudwatchLogs.status") or "ENABLED"
    if cloudwatch != "ENABLED" and project.text("logsConfig.s3Logs.status") != "ENABLED":
        yield "has no log destination"
