"""CodeBuild: sources without a location, the key of the artifacts, and how many builds may run at once.

A project whose source or artifacts are a pipeline's, or that has no source, names no location; artifacts are encrypted
under the key that is given, and the limit of concurrent builds is the project's own.

https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.codebuild import responses
from moto.core.responses import ActionResult

from aws_emulator.corrections._patch import around

_KEPT = ("encryptionKey", "concurrentBuildLimit")
_WITHOUT_LOCATION = {"CODEPIPELINE", "NO_SOURCE"}


@cache
def install() -> None:
    around(responses, "_validate_required_params_source", _validate)
    around(responses, "_validate_required_params_artifacts", _validate)
    around(responses.CodeBuildResponse, "create_project", _create)


def _create(original: Any, response: responses.CodeBuildResponse) -> ActionResult:
    answer = original(response)
    for name in _KEPT:
        value = response._get_param(name)
        if value:
            answer.result["project"][name] = value
    return answer


def _validate(original: Any, described: dict[str, Any]) -> None:
    if described["type"] not in _WITHOUT_LOCATION:
        original(described)
