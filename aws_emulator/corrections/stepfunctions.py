"""Step Functions: definitions are validated before they are taken, and versions can be listed.

ValidateStateMachineDefinition answers OK for what the parser of moto's interpreter takes, else FAIL with its words.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineVersions.html
"""

from __future__ import annotations

import json
from functools import cache

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from aws_emulator.corrections._patch import lacking


@cache
def install() -> None:
    lacking(StepFunctionResponse, "validate_state_machine_definition", _validate)
    lacking(StepFunctionResponse, "list_state_machine_versions", _list_versions)


def _validate(response: StepFunctionResponse) -> str:
    try:
        StepFunctionsParserBackend._validate_definition(response._get_param("definition"))
    except InvalidDefinition as problem:
        finding = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": str(problem.message)}
        return json.dumps({"result": "FAIL", "diagnostics": [finding], "truncated": False})
    return json.dumps({"result": "OK", "diagnostics": [], "truncated": False})


def _list_versions(response: StepFunctionResponse) -> ActionResult:
    machine = response.stepfunction_backend.describe_state_machine(response._get_param("stateMachineArn"))
    newest_first = sorted(machine.versions.items(), reverse=True)
    versions = [
        {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date} for _, version in newest_first
    ]
    return ActionResult({"stateMachineVersions": versions})
