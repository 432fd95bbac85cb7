"""Invoke as the API answers it, in the place of moto's, which needs Docker."""

from __future__ import annotations

import json
import threading
import uuid
from functools import cache
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from aws_emulator.corrections._patch import around
from aws_emulator.runtime.environment import Environments, ExecutionEnvironment, Function
from aws_emulator.variables import client_variables

ENVIRONMENTS = Environments()


@cache
def install() -> None:
    around(LambdaResponse, "invoke", _invoke)


def _invoke(original: Any, response: LambdaResponse) -> tuple[int, dict[str, str], str | bytes]:
    # A function may be named by its ARN, which a path holds encoded.
    name = unquote(response.path.rsplit("/", 2)[-2])
    deployed = response.backend.get_function(name, response._get_param("qualifier"))
    if not str(deployed.run_time).startswith("python") or not deployed.code_bytes:
        return original(response)
    kind = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    if kind == "DryRun":
        return 204, {"status": "204"}, ""
    endpoint = f"http://{response.headers['Host']}"
    region = response.backend.region_name
    environment = ENVIRONMENTS.of(_function(deployed), client_variables(endpoint, region, inside=region))
    request, event = str(uuid.uuid4()), json.loads(response.body or "{}")
    if kind == "Event":
        threading.Thread(target=environment.invoke, args=(request, event), daemon=True).start()
        return 202, {"status": "202", "x-amzn-RequestId": request}, ""
    return _answered(environment, request, event)


def _answered(environment: ExecutionEnvironment, request: str, event: Any) -> tuple[int, dict[str, str], str]:
    answer = environment.invoke(request, event)
    headers = {"content-type": "application/json", "x-amzn-RequestId": request}
    headers["x-amz-executed-version"] = environment.function.version
    if answer.failed:
        headers["x-amz-function-error"] = "Unhandled"
    return 200, headers, answer.payload


def _function(deployed: LambdaFunction) -> Function:
    return Function(
        arn=deployed.function_arn,
        name=deployed.function_name,
        version=str(deployed.version),
        handler=str(deployed.handler),
        archive=deployed.code_bytes,
        variables={name: str(value) for name, value in (deployed.environment_vars or {}).items()},
        memory=int(deployed.memory_size or 128),
        seconds=float(deployed.timeout or 3),
    )
