"""The actions that moto lacks, one module for each service.

Each module declares a `SERVICE` of the store and names the AWS API reference that it follows. A module is found by
being here; one whose name begins with an underscore serves the others.
"""

from importlib import import_module
from pkgutil import iter_modules

from aws_emulator.store import Entry
from aws_emulator.store import catalogue as _catalogue


def install() -> None:
    """Let the in-memory AWS of this process answer all additions; once is enough."""
    for module in iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        import_module(f"{__name__}.{module.name}").install()


def catalogue() -> list[Entry]:
    """What the additions answer: service, resource type, actions, what is stored and what is not emulated."""
    install()
    return _catalogue()
