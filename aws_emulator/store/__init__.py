"""A store that implements AWS actions from the service models in botocore.

`service.Service` declares an AWS service, `resource.Resource` declares a type with plain create, read, list, update and
delete actions, `interceptor` answers them before moto. The store returns the records that requests created. It checks
requests against the input shape and answers against the output shape of the action. It has no other behaviour.
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
