"""Run one Pulumi program for the language host: `python -m rehearsal.plugins.program SETTINGS PROGRAM [ARGS]`.

SETTINGS is a JSON object with the fields of `pulumi.runtime.Settings`. Exit code 32 means that the program has shown
its error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
import pulumi.runtime

_SHOWN = 32
# The SDK waits for each resource in a thread of the loop's executor.
_THREADS_FOR_EACH_RESOURCE = 4


def run(settings: pulumi.runtime.Settings, program: str, parallel: int) -> int:
    """Run a program; return the exit code."""
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(settings)
    # The engine shows the error of a failed resource. The same error in each waiting task is dropped.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max(parallel, 1) * _THREADS_FOR_EACH_RESOURCE)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_path(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return _SHOWN
    except Exception:  # noqa: BLE001 whatever a program raises is shown as its error
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return _SHOWN
    finally:
        executor.shutdown()
        loop.close()
    return 0


def _run_path(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def main(arguments: list[str]) -> int:
    """Run the child process."""
    settings, program, *rest = arguments
    sys.argv = [program, *rest]
    sys.path[0] = program if Path(program).is_dir() else str(Path(program).parent)
    fields = json.loads(settings)
    return run(pulumi.runtime.Settings(**fields), program, fields["parallel"] or 1)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
