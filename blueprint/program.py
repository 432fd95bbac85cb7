"""Runs the program in this process and records its resources."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import runpy
import sys
import threading
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, settings, stack

from blueprint.model import Blueprint, UnknownStackError
from blueprint.primary_outputs import as_seen_from_dr
from blueprint.recorder import Recorder, StackOutputs
from components.settings import PROJECT, stack_files
from components.settings.root import SHORT_NAMESPACE
from components.settings.schema import config_schema
from recovery.redaction import redacted_value

ROOT = Path(__file__).resolve().parent.parent


def record_primary(overrides: Mapping[str, Any] | None = None) -> Blueprint:
    """Record the primary stack with its stack file and the schema's defaults."""
    return record("primary", overrides=overrides)


def record_dr(
    primary: Blueprint | None = None, *, active: bool = False, overrides: Mapping[str, Any] | None = None
) -> Blueprint:
    """Record the recovery stack with references to the recorded primary; `active` as after a failover."""
    primary = primary or record_primary()
    overrides = {**(overrides or {}), **({"active": True} if active else {})}
    reference = primary_reference("dr", overrides)
    return record("dr", overrides=overrides, stack_outputs={reference: as_seen_from_dr(reference, primary.outputs)})


def primary_reference(stack_name: str, overrides: Mapping[str, Any] | None = None) -> str:
    """Stack from which a recovery stack reads the primary's outputs, as organization/project/stack."""
    config = stack_config(stack_name, overrides)
    return config.get(f"{SHORT_NAMESPACE}:primaryStack", config[f"{PROJECT}:primaryStack"])


def record(
    stack_name: str,
    *,
    overrides: Mapping[str, Any] | None = None,
    stack_outputs: StackOutputs | None = None,
) -> Blueprint:
    """Run `__main__.py` for a stack and record it.

    `overrides` are settings without namespace that override the stack file; `stack_outputs` answers stack references.
    Example values of the documentation are allowed, because a recording makes no call. Raises `pulumi.RunError` if the
    program refuses its settings, and `BlueprintError` if the stack is unknown or the program makes a lookup.
    """
    config = stack_config(stack_name, {"exampleValues": True, **(overrides or {})})
    recorder = Recorder(stack_outputs or {})
    run_in_thread(stack_name, config, recorder, PROJECT, ROOT)
    return Blueprint(stack_name, recorder.recorded, recorder.stack_outputs)


def run_in_thread(stack_name: str, config: Mapping[str, str], recorder: Recorder, project: str, folder: Path) -> None:
    """Run the program in `folder` against the recorder. Raises the program's exceptions."""
    result: list[BaseException | None] = [None]

    def run() -> None:
        try:
            contextvars.Context().run(_run, stack_name, config, recorder, project, folder)
        except BaseException as error:  # noqa: BLE001 - carried over to the calling thread
            result[0] = error

    # The SDK keeps its state in context variables and an event loop; in a separate thread, none of it remains.
    thread = threading.Thread(target=run, name=f"record-{stack_name}")
    # The whole graph stays in memory until the end, and garbage collection would take a quarter of the time.
    gc.disable()
    try:
        thread.start()
        thread.join()
    finally:
        gc.enable()
        # The SDK leaves suspended coroutines in reference cycles. Collect them here: collected later, inside the
        # compiler of CPython 3.11, they cause a "recursion depth mismatch".
        gc.collect()
    if result[0] is not None:
        raise result[0]


def _run(stack_name: str, config: Mapping[str, str], recorder: Recorder, project: str, folder: Path) -> None:
    pulumi.runtime.set_all_config(dict(config))
    settings.configure(
        mocks.MockSettings(
            monitor=recorder,
            monitor_features=set(recorder.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
            engine=mocks.MockEngine(logging.getLogger("blueprint")),
            project=project,
            stack=stack_name,
            dry_run=False,
            organization="organization",
            root_directory=str(folder),
            outputs=set(),
            lock=threading.Lock(),
            legacy_apply_enabled=False,
            callbacks=None,
            package_refs={},
            base_providers_by_ref={},
            parallel=None,
        )
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(stack.run_pulumi_func(partial(_in_stack, folder)))
    finally:
        _end_tasks(loop)
        loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End the tasks that a failed program leaves; Python reports each task that outlives its loop."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


async def _in_stack(folder: Path) -> None:
    """Do what the SDK's entry point does, but wait differently. The SDK checks all pending outputs again whenever one
    is done, which takes a third of the time for a graph of five hundred resources."""
    root = stack.Stack()
    try:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")
        program = root._take_async_program()
        root._add_program_outputs(await program() if program else None)
    finally:
        root._finish()
    outputs: set[asyncio.Task[Any]] = cast(Any, settings.SETTINGS).outputs
    while outputs:
        pending = list(outputs)
        outputs.clear()
        await asyncio.gather(*pending)


def stack_config(stack_name: str, overrides: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the configuration as the engine passes it to the program: the stack file over the schema's defaults.

    `overrides` are settings without namespace that override the stack file. Raises `SettingsError` for a file that the
    engine would read differently, and `UnknownStackError` for a stack without a file.
    """
    path = stack_file(stack_name)
    written = stack_files.read(path)
    configured = _defaults() | written.configuration(overrides)
    _tell_once(written.unread(path.name))
    return {key: stack_files.as_sent(value) for key, value in configured.items()}


@cache
def _defaults() -> dict[str, Any]:
    """Defaults by key, of the schema, which is the same for every stack."""
    return {f"{PROJECT}:{key}": declared["default"] for key, declared in config_schema().items()}


@cache
def _tell_once(line: str) -> None:
    """Print a line to stderr once, because one process can record a stack many times."""
    if line:
        sys.stderr.write(f"{line}\n")


def stack_file(stack_name: str) -> Path:
    """Return the file of a stack. Raises `UnknownStackError` for a stack without one."""
    files = {path.name.removeprefix("Pulumi.").removesuffix(".yaml"): path for path in ROOT.glob("Pulumi.*.yaml")}
    if stack_name not in files:
        known = ", ".join(sorted(files))
        given = redacted_value(stack_name)
        raise UnknownStackError(f"stack {given!r} has no Pulumi.{given}.yaml; known stacks: {known}")
    return files[stack_name]
