"""A rehearsal empties its build folder, and never another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aws_emulator.server import ServerFailedError
from rehearsal import __main__ as command
from rehearsal import build_folder
from rehearsal.__main__ import app
from rehearsal.build_folder import BuildFolderError, clear
from rehearsal.engines.choice import EngineKind


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A folder with somebody's only copy."""
    file = tmp_path / "others" / "thesis.txt"
    file.parent.mkdir()
    file.write_text("years of work")
    return file.parent


def test_a_folder_of_others_is_left_as_it_is(others: Path) -> None:
    """Shows that neither the check nor the emptying removes a file that no rehearsal wrote."""
    with pytest.raises(BuildFolderError, match="no rehearsal wrote"):
        clear(others)
    assert (others / "thesis.txt").read_text() == "years of work"


def test_its_own_folder_is_emptied_again_and_again(tmp_path: Path) -> None:
    """Shows that a new folder, an empty one and one of an earlier rehearsal serve."""
    folder = tmp_path / "a" / "b"
    for _ in range(3):
        clear(folder)
        (folder / "state.json").write_text("{}")
    clear(folder)
    assert [path.name for path in folder.iterdir()] == [build_folder.MARKER]
    empty = tmp_path / "empty"
    empty.mkdir()
    clear(empty)


@pytest.mark.parametrize("command", [[], ["up", "--keep"], ["down"]], ids=["whole", "up", "down"])
def test_each_command_refuses_a_folder_that_is_not_its_own(others: Path, command: list[str]) -> None:
    """Shows one line and exit code 2, also for a file and for a folder that cannot be created."""
    for name in (others, others / "thesis.txt", others / "thesis.txt" / "below"):
        ran = CliRunner().invoke(app, [*command, "--build", str(name)])
        assert ran.exit_code == 2
        assert len(ran.output.splitlines()) == 1
        assert "--build" in ran.output
        assert str(name) in ran.output
    assert (others / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("option", "value"), [("--port", "-1"), ("--port", "65536"), ("--port", "99999999"), ("--trace", "{folder}")]
)
def test_other_arguments_are_refused_before_anything_is_removed(tmp_path: Path, option: str, value: str) -> None:
    """Shows one line, exit code 2, and an untouched folder of an earlier rehearsal."""
    build = tmp_path / "build"
    clear(build)
    (build / "report.json").write_text("{}")
    ran = CliRunner().invoke(app, ["--build", str(build), option, value.format(folder=tmp_path)])
    assert ran.exit_code == 2
    assert len(ran.output.splitlines()) == 1
    assert option in ran.output
    assert (build / "report.json").exists()


def test_the_check_of_the_engine_writes_nothing_into_a_new_build_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows a fault that refused every new folder: an engine writes its plugins before the folder is marked."""
    build = tmp_path / "new"

    def make(_kind: EngineKind, folder: Path, _environment: object) -> None:
        (folder / "plugins").mkdir(parents=True)

    def start(*_arguments: object, **_options: object) -> None:
        raise ServerFailedError("stops here")

    monkeypatch.setattr(command, "make", make)
    monkeypatch.setattr(command, "start", start)
    ran = CliRunner().invoke(app, ["--engine", "pulumi", "--build", str(build)])
    assert "stops here" in ran.output
    assert [path.name for path in build.iterdir()] == [build_folder.MARKER]
