"""Operations by a target without its namespace."""

from __future__ import annotations

from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.request import Request


def by_short_target(model: ServiceModel, request: Request) -> OperationModel | None:
    """The operation of a request whose target lacks the namespace: SDKs for Go send `CloudTrail_20131101.CreateTrail`
    where botocore's model has `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101`. None for any other request."""
    prefix, _, name = request.headers.get("X-Amz-Target", "").rpartition(".")
    whole = str(model.metadata.get("targetPrefix", ""))
    if not prefix or prefix != whole.rpartition(".")[2]:
        return None
    try:
        return model.operation_model(name)
    except OperationNotFoundError:
        return None
