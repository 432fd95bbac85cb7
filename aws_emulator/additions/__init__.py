"""Actions that moto lacks, one module for each service.

Each module declares a `SERVICE` of the store and names its AWS API reference. `install` finds every module in this
folder; a module whose name begins with an underscore has helpers.
"""

from importlib import import_module
from pkgutil import iter_modules

from aws_emulator.store import Entry
from aws_emulator.store import catalogue as _catalogue


def install() -> None:
    """Answer all additions in the in-memory AWS of this process from now on; further calls do nothing."""
    for module in iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        import_module(f"{__name__}.{module.name}").install()


def catalogue() -> list[Entry]:
    """Return service, resource type, actions, stored data and missing behaviour of each addition."""
    install()
    return _catalogue()
