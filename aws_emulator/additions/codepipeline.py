"""CodePipeline: pipelines of both types, their state, stage transitions and webhooks.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Operations.html
Pipelines are kept as moto's, which knows their tags and executions, and described by the service model: moto answers
times that do not parse.
"""

from copy import deepcopy
from datetime import UTC
from typing import Any

from moto.codepipeline.models import CodePipeline

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page
from aws_emulator.store.shapes import project
from aws_emulator.store.tags import read_tags

SERVICE = Service("codepipeline", "https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Operations.html")


def _pipeline(call: Call, name: str) -> CodePipeline:
    found = call.moto("codepipeline").pipelines.get(name)
    if found is None:
        message = f"Account '{call.account}' does not have a pipeline with name '{name}'"
        raise AwsError("PipelineNotFoundException", message)
    return found


def _check(call: Call, pipeline: Record) -> None:
    """https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html"""
    if len(pipeline["stages"]) < 2:
        raise AwsError("InvalidStructureException", "A pipeline has at least two stages")
    stages = [stage["name"] for stage in pipeline["stages"]]
    if len(set(stages)) != len(stages):
        raise AwsError("InvalidStageDeclarationException", "The names of stages differ")
    first, *others = (
        {action["actionTypeId"]["category"] for action in stage["actions"]} for stage in pipeline["stages"]
    )
    if first != {"Source"} or any("Source" in categories for categories in others):
        raise AwsError("InvalidStageDeclarationException", "The first stage, and it alone, has source actions")
    if pipeline.get("pipelineType") != "V2" and (pipeline.get("triggers") or pipeline.get("variables")):
        raise AwsError("InvalidStructureException", "Triggers and variables need a pipeline of type V2")
    made = {
        item["name"]
        for stage in pipeline["stages"]
        for action in stage["actions"]
        for item in action.get("outputArtifacts", [])
    }
    for stage in pipeline["stages"]:
        for action in stage["actions"]:
            for item in action.get("inputArtifacts", []):
                if item["name"] not in made:
                    raise AwsError("InvalidActionDeclarationException", f"No action makes the artifact {item['name']}")
    call.moto("iam", "aws").get_role_by_arn(pipeline["roleArn"])


def _complete(pipeline: Record) -> Record:
    pipeline.setdefault("pipelineType", "V1")
    pipeline.setdefault("executionMode", "SUPERSEDED")
    return pipeline


@SERVICE.action("CreatePipeline")
def _create(call: Call) -> Any:
    wanted = _complete(deepcopy(call.params["pipeline"]))
    pipelines = call.moto("codepipeline").pipelines
    if wanted["name"] in pipelines:
        raise AwsError("PipelineNameInUseException", f"A pipeline with the name '{wanted['name']}' already exists")
    _check(call, wanted)
    made: Any = CodePipeline(call.account, call.region, wanted)
    made.tags = read_tags(call.params.get("tags"))
    pipelines[wanted["name"]] = made
    return {"pipeline": made.pipeline, "tags": call.params.get("tags", [])}


@SERVICE.action("UpdatePipeline")
def _update(call: Call) -> Any:
    wanted = _complete(deepcopy(call.params["pipeline"]))
    _pipeline(call, wanted["name"])
    _check(call, wanted)
    return {"pipeline": call.moto("codepipeline").update_pipeline(wanted)}


def _times(pipeline: CodePipeline) -> Record:
    return {"created": pipeline._created.replace(tzinfo=UTC), "updated": pipeline._updated.replace(tzinfo=UTC)}


@SERVICE.action("GetPipeline")
def _get(call: Call) -> Any:
    found = _pipeline(call, call.params["name"])
    if call.params.get("version", found.pipeline["version"]) != found.pipeline["version"]:
        raise AwsError("PipelineVersionNotFoundException", f"There is no version {call.params['version']}")
    return {"pipeline": found.pipeline, "metadata": {"pipelineArn": found._arn, **_times(found)}}


@SERVICE.action("ListPipelines")
def _list(call: Call) -> Any:
    shape = call.output.members["pipelines"].member
    found = call.moto("codepipeline").pipelines.values()
    chosen, following = page(call, [project(shape, {**item.pipeline, **_times(item)}) for item in found])
    return {"pipelines": list(chosen), **following}


def _transition(call: Call, pipeline: str, stage: str) -> Record:
    return call.store.table("transition").get((pipeline, stage), {"enabled": True})


@SERVICE.action("GetPipelineState")
def _state(call: Call) -> Any:
    found = _pipeline(call, call.params["name"])
    stages = [
        {
            "stageName": stage["name"],
            "inboundTransitionState": _transition(call, call.params["name"], stage["name"]),
            "actionStates": [{"actionName": action["name"]} for action in stage["actions"]],
        }
        for stage in found.pipeline["stages"]
    ]
    return {
        "pipelineName": call.params["name"],
        "pipelineVersion": found.pipeline["version"],
        "stageStates": stages,
        **_times(found),
    }


@SERVICE.action("DisableStageTransition", "EnableStageTransition")
def _switch(call: Call) -> Any:
    name, stage = call.params["pipelineName"], call.params["stageName"]
    if stage not in {item["name"] for item in _pipeline(call, name).pipeline["stages"]}:
        raise AwsError("StageNotFoundException", f"Pipeline {name} has no stage {stage}")
    state: Record = {"enabled": call.operation.name == "EnableStageTransition"}
    if not state["enabled"]:
        state |= {"disabledReason": call.params["reason"], "lastChangedAt": make.now()}
    call.store.table("transition")[(name, stage)] = state
    return None


SERVICE.covers(
    "pipeline",
    "CreatePipeline",
    "UpdatePipeline",
    "GetPipeline",
    "ListPipelines",
    "GetPipelineState",
    "DisableStageTransition",
    "EnableStageTransition",
    stored="the declaration of each pipeline, with moto's pipelines, and which transitions are disabled",
    not_emulated="actions: an execution never runs any; earlier versions",
)


def _webhook_url(call: Call, record: Record) -> str:
    return f"https://{call.region}.webhooks.aws/trigger?t={record['name']}&v=1"


WEBHOOK = SERVICE.resource(
    Resource(
        name="webhook",
        key=("name",),
        shapes=("ListWebhookItem",),
        make={"arn": make.arn("codepipeline", "webhook:{name}"), "url": _webhook_url},
        arn="arn",
        tags="tags",
        list="ListWebhooks",
        not_found="WebhookNotFoundException",
        not_emulated="calls of the webhook",
    )
)


@SERVICE.action("PutWebhook")
def _put_webhook(call: Call) -> Any:
    definition = call.params["webhook"]
    _pipeline(call, definition["targetPipeline"])
    record = WEBHOOK.records(call).get((definition["name"],))
    if record is None:
        record = WEBHOOK.add(call, {"name": definition["name"]}, call.params.get("tags"))
    record["definition"] = definition
    return WEBHOOK.answer(call, record)


@SERVICE.action("DeleteWebhook", "RegisterWebhookWithThirdParty", "DeregisterWebhookWithThirdParty")
def _webhook(call: Call) -> Any:
    """Deleting what is not there succeeds, as in AWS; registration is the third party's affair."""
    if call.operation.name == "DeleteWebhook":
        record = WEBHOOK.records(call).pop((call.params["name"],), None)
        if record:
            call.store.tags.pop(record["arn"], None)
    return {}


SERVICE.covers(
    "webhook, put and delete",
    "PutWebhook",
    "DeleteWebhook",
    "RegisterWebhookWithThirdParty",
    "DeregisterWebhookWithThirdParty",
    stored="the definition",
    not_emulated="calls of the webhook, registration with a third party",
)
SERVICE.tagging(Tagging(moto_has=True))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
