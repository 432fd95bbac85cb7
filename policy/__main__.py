"""Entry of the pack: `python -m policy` and `python FOLDER check` are the command, `--policy-pack FOLDER` the engine's.

The folder may have any name and stand anywhere: outside its repository it makes itself the package `policy`.
"""

import importlib.util
import re
import sys
from pathlib import Path


def _as_package() -> None:
    """Import this folder as the package `policy`, whatever its name is."""
    folder = Path(__file__).resolve().parent
    # The interpreter puts the folder itself first, where its modules would hide others of the same name.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    spec = importlib.util.spec_from_file_location(
        "policy", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["policy"] = package
    spec.loader.exec_module(package)


def _is_command(arguments: list[str]) -> bool:
    """Whether a person calls: the engine's first argument is its own address, `HOST:PORT`."""
    return not arguments or re.fullmatch(r".*:\d+", arguments[0]) is None


if __package__ != "policy":
    _as_package()

if __package__ == "policy" or _is_command(sys.argv[1:]):
    from policy.command import app

    app(prog_name="policy")
else:
    from policy.pack import serve

    serve()
