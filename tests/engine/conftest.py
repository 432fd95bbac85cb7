"""Tests that need the pulumi command say so where it is not there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aws_emulator.server import ACCOUNT_ID, RunningServer, start
from rehearsal.engines import EngineError
from rehearsal.engines.pulumi_command import PulumiCommand, find_command
from rehearsal.plugins.install import install
from tests.engine.project import PROGRAM, Project


@pytest.fixture(scope="session")
def command() -> PulumiCommand:
    """The pulumi command."""
    try:
        return find_command()
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PULUMI_HOME with this project's plugins."""
    folder = tmp_path_factory.mktemp("home")
    install(folder)
    return folder


@pytest.fixture(scope="module")
def aws(command: PulumiCommand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """An in-memory AWS."""
    server = start(0, tmp_path_factory.mktemp("aws") / "server.log", ACCOUNT_ID, outlives_caller=False)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def make_project(
    command: PulumiCommand, home: Path, aws: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], Project]:
    """Makes the stack of a program, with nothing in it."""

    def make(program: Path) -> Project:
        folder = tmp_path_factory.mktemp("small")
        shutil.copy(program / "__main__.py", folder)
        (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        (folder / "state").mkdir()
        environment = {
            **aws.environment(),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of this test alone",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "REHEARSAL_PLUGIN_FOLDER": str(Path(__file__).parents[2] / "build" / "engine" / "plugins"),
        }
        made = Project(folder, command.path, environment)
        assert made.run("stack", "init").code == 0
        return made

    return make


@pytest.fixture(scope="module")
def project(make_project: Callable[[Path], Project]) -> Project:
    """The small program, its stack made and nothing in it."""
    return make_project(PROGRAM)
