"""CodeBuild: sources without a location, the encryption key of artifacts, and the limit of concurrent builds.

A project without a source, or with a pipeline's source or artifacts, has no location. Artifacts are encrypted under the
key of the request. The limit of concurrent builds belongs to the project.

https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.codebuild import responses
from moto.core.responses import ActionResult

from aws_emulator.corrections._patch import replace_method

_KEPT = ("encryptionKey", "concurrentBuildLimit")
_WITHOUT_LOCATION = {"CODEPIPELINE", "NO_SOURCE"}


@cache
def install() -> None:
    replace_method(responses, "_validate_required_params_source", _validate)
    replace_method(responses, "_validate_required_params_artifacts", _validate)
    replace_method(responses.CodeBuildResponse, "create_project", _create)


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
