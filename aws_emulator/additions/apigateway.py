"""API Gateway (REST): client certificates and changes of deployments, gateway responses and models.

https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
APIs, resources, methods, stages, usage plans and the rest are moto's.
"""

from datetime import timedelta
from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.store import AwsError, Call, Record, Resource, Service, make
from aws_emulator.store.shapes import project

SERVICE = Service("apigateway", "https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html")
_VALIDITY = timedelta(days=365)
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html"""


def _certificate_arn(call: Call, record: Record) -> str:
    """ARNs of API Gateway's control plane have no account."""
    return f"arn:{call.partition}:apigateway:{call.region}::/clientcertificates/{record['clientCertificateId']}"


def _expires(_call: Call, record: Record) -> Any:
    return record["createdDate"] + _VALIDITY


def _patch(call: Call, record: Record) -> None:
    """Only the description of a certificate can be changed."""
    for change in record.pop("patchOperations", []):
        if (change["op"], change["path"]) != ("replace", "/description"):
            raise call.invalid(f"Invalid patch path {change['path']}")
        record["description"] = change["value"]


SERVICE.resource(
    Resource(
        name="client certificate",
        key=("clientCertificateId",),
        shapes=("ClientCertificate",),
        make={
            "clientCertificateId": lambda _call, _record: mock_random.get_random_hex(6),
            "createdDate": make.now,
            "expirationDate": _expires,
            "arn": _certificate_arn,
        },
        arn="arn",
        tags="tags",
        create="GenerateClientCertificate",
        read="GetClientCertificate",
        list="GetClientCertificates",
        update="UpdateClientCertificate",
        delete="DeleteClientCertificate",
        on_update=_patch,
        not_found="NotFoundException",
        not_emulated="the certificate itself: it has no PEM text",
    )
)


@SERVICE.action("UpdateDeployment")
def _update_deployment(call: Call) -> Any:
    deployment = call.moto("apigateway").get_deployment(call.params["restApiId"], call.params["deploymentId"])
    for change in call.params.get("patchOperations", []):
        if change["path"] != "/description":
            raise call.invalid(f"Invalid patch path {change['path']}")
        deployment.description = change.get("value", "")
    created = make.from_epoch(deployment.created_date)
    return project(call.output, {"id": deployment.id, "description": deployment.description, "createdDate": created})


SERVICE.covers(
    "deployment, description",
    "UpdateDeployment",
    stored="the description, in moto's deployment",
    not_emulated="nothing else of a deployment can be changed",
)


def _tags_of(call: Call, arn: str) -> dict[str, str]:
    """The tags of a client certificate, or of an API, stage, usage plan or key of moto's."""
    if arn in call.store.tags:
        return call.store.tags[arn]
    backend = call.moto("apigateway")
    owner: Any
    match arn.split(":", 5)[-1].strip("/").split("/"):
        case ["restapis", api]:
            owner = backend.get_rest_api(api)
        case ["restapis", api, "stages", stage]:
            owner = backend.get_stage(api, stage)
        case ["usageplans", plan]:
            owner = backend.get_usage_plan(plan)
        case ["apikeys", key]:
            owner = backend.get_api_key(key)
        case _:
            raise AwsError("NotFoundException", f"Invalid resource ARN specified: {arn}")
    owner.tags = owner.tags or {}
    return owner.tags


@SERVICE.action("TagResource", "UntagResource", "GetTags")
def _tags(call: Call) -> Any:
    tags = _tags_of(call, call.params["resourceArn"])
    tags.update(call.params.get("tags", {}))
    for key in call.params.get("tagKeys", []):
        tags.pop(key, None)
    return {"tags": tags} if call.operation.name == "GetTags" else None


SERVICE.covers(
    "tags",
    "TagResource",
    "UntagResource",
    "GetTags",
    stored="tags of APIs, stages, usage plans and keys (moto's) and of client certificates",
    not_emulated="tags of domain names, VPC links and other types",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
