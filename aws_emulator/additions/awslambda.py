"""Lambda: provisioned concurrency, code signing, recursion and runtime settings.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
Functions, versions and aliases are moto's.
"""

from typing import Any

from aws_emulator.additions import servicequotas
from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service("lambda", "https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html")


def _function(call: Call) -> Any:
    return call.moto("lambda").get_function(call.params["FunctionName"])


def _moment(_call: Call, _record: Record) -> str:
    return make.now().strftime("%Y-%m-%dT%H:%M:%S+0000")


def _provision(call: Call, record: Record) -> None:
    """Only a version or an alias can have provisioned concurrency.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
    """
    if record["Qualifier"] == "$LATEST":
        raise call.invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    function = _function(call)
    versions = call.moto("lambda").list_functions("ALL")
    known = {str(item.version) for item in versions if item.function_name == function.function_name}
    if record["Qualifier"] not in known:
        call.moto("lambda").get_alias(record["Qualifier"], function.function_name)
    wanted = record.pop("ProvisionedConcurrentExecutions", 0)
    record["FunctionArn"] = f"{function.function_arn}:{record['Qualifier']}"
    for state in ("Requested", "Allocated", "Available"):
        record[f"{state}ProvisionedConcurrentExecutions"] = wanted
    record["Status"] = "READY"
    record["LastModified"] = _moment(call, record)


def _by_name(call: Call, record: Record) -> bool:
    return record["FunctionArn"].rsplit(":", 1)[0] == _function(call).function_arn


SERVICE.resource(
    Resource(
        name="provisioned concurrency",
        key=("FunctionName", "Qualifier"),
        shapes=("ProvisionedConcurrencyConfigListItem",),
        put="PutProvisionedConcurrencyConfig",
        read="GetProvisionedConcurrencyConfig",
        list="ListProvisionedConcurrencyConfigs",
        delete="DeleteProvisionedConcurrencyConfig",
        ignored=("FunctionName", "List"),
        selects=_by_name,
        on_create=_provision,
        on_update=_provision,
        not_found="ProvisionedConcurrencyConfigNotFoundException",
        not_emulated="warm environments: the concurrency is ready at once",
    )
)


def _policies(call: Call, record: Record) -> None:
    record.setdefault("CodeSigningPolicies", {"UntrustedArtifactOnDeployment": "Warn"})
    record["LastModified"] = _moment(call, record)


def _users(call: Call, arn: str) -> list[Any]:
    """The functions, in all of their versions, that a code signing configuration holds for."""
    return [item for item in call.moto("lambda").list_functions("ALL") if item.code_signing_config_arn == arn]


def _unused(call: Call, record: Record) -> None:
    if _users(call, record["CodeSigningConfigArn"]):
        raise AwsError("ResourceConflictException", "Functions use this code signing configuration")


def _set_signing(call: Call, arn: str | None) -> str:
    name = _function(call).function_name
    functions = call.moto("lambda")
    for item in [*functions.list_functions(), *functions.list_functions("ALL")]:
        if item.function_name == name:
            item.code_signing_config_arn = arn
    return name


CODE_SIGNING = SERVICE.resource(
    Resource(
        name="code signing configuration",
        key=("CodeSigningConfigArn",),
        shapes=("CodeSigningConfig",),
        make={
            "CodeSigningConfigId": make.hex_id("csc-"),
            "CodeSigningConfigArn": make.arn("lambda", "code-signing-config:{CodeSigningConfigId}"),
        },
        arn="CodeSigningConfigArn",
        tags="Tags",
        create="CreateCodeSigningConfig",
        read="GetCodeSigningConfig",
        list="ListCodeSigningConfigs",
        update="UpdateCodeSigningConfig",
        delete="DeleteCodeSigningConfig",
        on_create=_policies,
        on_update=_policies,
        on_delete=_unused,
        not_emulated="signatures: none is ever checked",
    )
)


@SERVICE.action("PutFunctionCodeSigningConfig")
def _sign(call: Call) -> Any:
    arn = call.params["CodeSigningConfigArn"]
    if (arn,) not in CODE_SIGNING.records(call):
        raise AwsError("CodeSigningConfigNotFoundException", "The code signing configuration does not exist")
    return {"FunctionName": _set_signing(call, arn), "CodeSigningConfigArn": arn}


@SERVICE.action("GetFunctionCodeSigningConfig")
def _signed_by(call: Call) -> Any:
    function = _function(call)
    return {"FunctionName": function.function_name, "CodeSigningConfigArn": function.code_signing_config_arn or ""}


@SERVICE.action("DeleteFunctionCodeSigningConfig")
def _unsign(call: Call) -> Any:
    _set_signing(call, None)
    return None


@SERVICE.action("ListFunctionsByCodeSigningConfig")
def _functions_signed(call: Call) -> Any:
    users = _users(call, CODE_SIGNING.find(call)["CodeSigningConfigArn"])
    names = {item.function_name for item in users}
    return {"FunctionArns": [call.moto("lambda").get_function(name).function_arn for name in sorted(names)]}


SERVICE.covers(
    "code signing of a function",
    "PutFunctionCodeSigningConfig",
    "GetFunctionCodeSigningConfig",
    "DeleteFunctionCodeSigningConfig",
    "ListFunctionsByCodeSigningConfig",
    stored="which function uses which configuration, in moto's functions",
    not_emulated="signatures",
)


@SERVICE.action("GetFunctionRecursionConfig", "PutFunctionRecursionConfig")
def _recursion(call: Call) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""
    loops = call.store.settings.setdefault("recursion", {})
    name = _function(call).function_name
    if "RecursiveLoop" in call.params:
        loops[name] = call.params["RecursiveLoop"]
    return {"RecursiveLoop": loops.get(name, "Terminate")}


@SERVICE.action("GetRuntimeManagementConfig", "PutRuntimeManagementConfig")
def _runtime(call: Call) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"""
    function = _function(call)
    settings = call.store.settings.setdefault("runtime", {})
    key = (function.function_name, call.params.get("Qualifier", "$LATEST"))
    if "UpdateRuntimeOn" in call.params:
        names = ("UpdateRuntimeOn", "RuntimeVersionArn")
        settings[key] = {name: call.params[name] for name in names if name in call.params}
    return {**settings.get(key, {"UpdateRuntimeOn": "Auto"}), "FunctionArn": function.function_arn}


@SERVICE.action("GetAccountSettings")
def _account(call: Call) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html"""
    functions = call.moto("lambda").list_functions(None)
    limit = servicequotas.value_of(call, "lambda", servicequotas.CONCURRENCY)
    reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
    return {
        "AccountLimit": {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": limit - reserved},
        "AccountUsage": {"FunctionCount": len(functions)},
    }


SERVICE.covers(
    "account settings",
    "GetAccountSettings",
    stored="nothing: counted from the functions and the quota",
    not_emulated="the size of the code",
)
SERVICE.covers(
    "function settings",
    "GetFunctionRecursionConfig",
    "PutFunctionRecursionConfig",
    "GetRuntimeManagementConfig",
    "PutRuntimeManagementConfig",
    stored="recursive loop detection and runtime updates of each function",
    not_emulated="their effect",
)
SERVICE.tagging(Tagging(list="ListTags", arn="Resource", tags="Tags", keys="TagKeys", answer="Tags", moto_has=True))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
