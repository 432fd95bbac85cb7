"""A small store that answers AWS actions from the service models that botocore ships.

`service.Service` names an AWS service, `resource.Resource` declares a type with plain create, read, list, update and
delete actions, `door` puts them in front of moto. What the store answers is what was put into it: requests are
checked against the input shape and answers against the output shape of the action, and nothing runs behind them.
"""

from rehearsal.aws.store import make
from rehearsal.aws.store.backend import Record
from rehearsal.aws.store.call import Call, Pass
from rehearsal.aws.store.errors import AwsError
from rehearsal.aws.store.resource import Resource
from rehearsal.aws.store.service import Entry, Service, catalogue
from rehearsal.aws.store.tags import Tagging

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
