"""One request on its way through the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from moto.core.model import OperationModel
from moto.utilities.utils import get_partition

from aws_emulator.store.backend import Store, stores
from aws_emulator.store.errors import AwsError, invalid_request_code


class Pass(Exception):  # noqa: N818 - not an error: the request goes on to moto
    """Raised by a handler that leaves this request to moto."""


@dataclass(frozen=True)
class Call:
    """A parsed and checked request: who asks, where, for which action, with which parameters."""

    operation: OperationModel
    account: str
    region: str
    params: Mapping[str, Any]
    everywhere: bool = False

    @property
    def input(self) -> Any:
        """The input shape of the action; None where it has no input."""
        return self.operation.input_shape

    @property
    def output(self) -> Any:
        """The output shape of the action; None where it has no output."""
        return self.operation.output_shape

    @property
    def service(self) -> str:
        """botocore's name of the service."""
        return str(self.operation.service_model.service_name)

    @property
    def partition(self) -> str:
        """The partition of the region, as `aws`."""
        return get_partition(self.region)

    @property
    def store(self) -> Store:
        """The store of this service in the account and region of the request."""
        return self.store_in(self.region)

    def store_in(self, region: str) -> Store:
        """The store of this service in another region of the same account."""
        return stores(self.service)[self.account][get_partition(region) if self.everywhere else region]

    def moto(self, name: str, region: str | None = None) -> Any:
        """Moto's own backend of a service in the account and region of the request."""
        return get_backend(name)[self.account][region or self.region]  # type: ignore[call-overload]

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """An ARN in the account (and region) of the request."""
        region = self.region if regional else ""
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def invalid(self, message: str) -> AwsError:
        """The error with which this action refuses a request that makes no sense."""
        return AwsError(invalid_request_code(self.operation), message)
