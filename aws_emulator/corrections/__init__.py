"""What moto answers wrongly, put right: one module for each service or topic.

Each module's `install()` replaces methods of moto's classes by ones that behave as the AWS API reference says; its
docstring names the page. `install()` here installs all of them, and does nothing the second time.
"""

from __future__ import annotations

import importlib
import pkgutil


def install() -> None:
    """Install every correction of this package."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}").install()
