"""A small store that answers AWS actions from the service models that botocore ships.

`service.Service` names an AWS service, `resource.Resource` declares a type with plain create, read, list, update and
delete actions, `interceptor` puts them in front of moto. What the store answers is what was put into it: requests are
checked against the input shape and answers against the output shape of the action, and nothing runs behind them.
"""

from aws_emulator.store import make
from aws_emulator.store.backend import Record
from aws_emulator.store.call import Call, Pass
from aws_emulator.store.errors import AwsError
from aws_emulator.store.resource import Resource
from aws_emulator.store.service import Entry, Service, catalogue
from aws_emulator.store.tags import Tagging

__all__ = [
    "AwsError",
    "Call",
    "Entry",
    "Pass",
    "Record",
    "Resource",
    "Service",
    "Tagging",
    "catalogue",
    "make",
]
