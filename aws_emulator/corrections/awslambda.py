"""Lambda: a function keeps its dead-letter target and its logging, and takes layers of other accounts.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.awslambda.models import LambdaFunction

from aws_emulator.corrections._patch import around

_KEPT = ("DeadLetterConfig", "LoggingConfig")


@cache
def install() -> None:
    around(LambdaFunction, "__init__", _make)
    around(LambdaFunction, "update_configuration", _update)
    around(LambdaFunction, "get_configuration", _describe)
    around(LambdaFunction, "_get_layers_data", _layers)


def _layers(original: Any, function: LambdaFunction, arns: list[str]) -> list[dict[str, Any]]:
    """A layer that another account publishes is taken as it is named: its content is not here."""
    own = [arn for arn in arns if f":{function.account_id}:layer:" in arn]
    described = {layer["Arn"]: layer for layer in original(function, own)}
    return [described.get(arn, {"Arn": arn, "CodeSize": 0}) for arn in arns]


def _keep(function: LambdaFunction, given: dict[str, Any]) -> None:
    kept = dict(vars(function).get("kept", {}))
    kept |= {name: given[name] for name in _KEPT if name in given}
    vars(function)["kept"] = kept


def _make(
    original: Any, function: LambdaFunction, account_id: str, spec: dict[str, Any], *rest: Any, **kw: Any
) -> None:
    original(function, account_id, spec, *rest, **kw)
    _keep(function, {"LoggingConfig": _default_logging(function), **spec})


def _default_logging(function: LambdaFunction) -> dict[str, str]:
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}"}


def _update(original: Any, function: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
    _keep(function, config_updates)
    return original(function, config_updates)


def _describe(original: Any, function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
    described = original(function, on_create)
    for name, value in vars(function).get("kept", {}).items():
        described[name] = value
    if described.get("LoggingConfig"):
        described["LoggingConfig"] = _default_logging(function) | described["LoggingConfig"]
    return described
