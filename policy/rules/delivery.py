"""Pipelines and builds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.rules.keys_of import missing_customer_key, no_customer_key
from policy.secrets import plaintext_secrets
from policy.stack import Stack

RULES = Rules("Delivery")


@RULES.joined(
    t.PIPELINE,
    t.BUILD_PROJECT,
    id="pipeline-encrypted",
    title="What is built is encrypted with a customer-managed key",
    remediation="Set artifactStores[].encryptionKey of the pipeline and encryptionKey of the build project.",
    needs=("artifactStores", (t.BUILD_PROJECT, "encryptionKey")),
    checkov="CKV_AWS_219, CKV_AWS_147",
    pci="3.5.1",
    nist="SC-28",
)
def pipeline_encrypted(resource: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Who changes an artifact changes what runs."""
    if resource.type == t.BUILD_PROJECT:
        reason = missing_customer_key(resource, stack, "encryptionKey")
        yield from [reason] if reason else []
        return
    stores = resource.items("artifactStores")
    if not stores:
        yield "names no store of its artifacts"
    for store in stores:
        if reason := no_customer_key(resource, stack, "artifactStores", (store.get("encryptionKey") or {}).get("id")):
            yield reason


@RULES.resource(
    t.PIPELINE,
    id="pipeline-approval",
    title="Somebody approves before anything is deployed",
    remediation="Put an action of category Approval before the first that deploys: of category Deploy, or a build that "
    "makes nothing and so carries something out (give what only checks the category Test).",
    needs=("stages",),
    pci="6.5.1",
    nist="CM-3, CM-5",
    sec="15c3-5",
)
def pipeline_approval(pipeline: Resource, _: Parameters) -> Iterator[str]:
    """Two people see every change of what trades."""
    approved = False
    for stage in pipeline.items("stages"):
        for action in sorted(stage.get("actions") or [], key=lambda action: action.get("runOrder") or 1):
            approved = approved or action.get("category") == "Approval"
            if _deploys(action) and not approved:
                yield f"stage {stage.get('name')!r} deploys without approval"
                return


def _deploys(action: Mapping[str, Any]) -> bool:
    category = action.get("category")
    return category == "Deploy" or (category == "Build" and not action.get("outputArtifacts"))


@RULES.resource(
    t.BUILD_PROJECT,
    t.PIPELINE,
    id="build-no-plaintext-secrets",
    title="No secret stands in plain text in a build or a pipeline",
    remediation="Use type SECRETS_MANAGER or PARAMETER_STORE.",
    needs=("environment.environmentVariables",),
    fsbp="CodeBuild.2",
    pci="8.6.2",
    nist="IA-5",
)
def build_secrets(project: Resource, _: Parameters) -> Iterator[str]:
    """A build's log prints its environment sooner or later."""
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
