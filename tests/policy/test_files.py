"""Files of the pack are read in the encodings that PowerShell and editors write, and errors are one line each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from policy import baseline, configuration, exemptions, inputs
from policy.command import app
from policy.errors import PolicyInputError
from tests.policy import documents as d

DOCUMENT = json.dumps(d.blueprint((d.KEY, "k", {"enableKeyRotation": False, "description": "Schlüssel"})))
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_file_is_read_in_every_encoding_of_json(tmp_path: Path, encoding: str) -> None:
    """PowerShell 5.1 writes UTF-16 by `>`. Blueprints, configurations, baselines and exemptions are read alike."""
    file = tmp_path / "file"
    file.write_bytes(DOCUMENT.encode(encoding))
    assert inputs.read(file).stack.resources[0].inputs["description"] == "Schlüssel"
    assert CliRunner().invoke(app, ["check", "-"], input=DOCUMENT.encode(encoding)).exit_code in (0, 1)
    file.write_bytes('{"all": "advisory"}'.encode(encoding))
    assert configuration.read(file) == {"all": "advisory"}
    file.write_bytes('{"version": 1, "findings": []}'.encode(encoding))
    assert not baseline.read(file).accepted
    file.write_bytes(b"" if encoding == "utf-32" else "[]".encode(encoding))
    assert exemptions.read(file) == []


@pytest.mark.parametrize("read", [inputs.read, configuration.read, baseline.read, exemptions.read])
def test_another_encoding_is_named_with_the_way_out(tmp_path: Path, read: object) -> None:
    file = tmp_path / "file"
    file.write_bytes('{"a": "Schlüssel"}'.encode("windows-1252"))
    with pytest.raises(PolicyInputError) as refusal:
        read(file)  # type: ignore[operator]
    assert "is not text in UTF-8" in str(refusal.value)
    assert "0xFC" in str(refusal.value)
    assert "save it as UTF-8" in str(refusal.value)


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("check", "/nonexistent"),
        ("check", "/nonexistent", "--config", "/nonexistent"),
        ("check", "/nonexistent", "--exemptions", "/nonexistent"),
        ("check", "/nonexistent", "--baseline", "/nonexistent"),
        ("check", "/nonexistent", "--format", "pdf"),
        ("check", "/nonexistent", "--unknown"),
        ("check", "/nonexistent/u:geheim@x.example"),
        ("check", "/nonexistent/u:ge heim@x.example"),
        ("check", "/x", "--config", "https://u:geheim@x.example/c.json"),
        ("check", "/x", "--format", "u:geheim@x.example"),
        ("list", "--framework", "u:geheim@x.example"),
        ("nothing",),
    ],
)
def test_bad_input_is_one_line_without_secrets_and_with_a_way_out(words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, list(words))
    assert outcome.exit_code == 2
    (line,) = outcome.stderr.splitlines()
    assert "; " in line, "the way out follows what is wrong"
    assert "heim" not in outcome.output
