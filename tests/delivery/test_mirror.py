"""Copying the images that a stack names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from delivery.mirror import Copy, MirrorError, copies, mirror

COPY = Copy("quay.io/prometheus/prometheus:v3", "1.dkr.ecr.us-east-1.amazonaws.com/trading/prometheus/prometheus:v3")


def tool(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program = folder / "crane"
    program.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_outputs_of_a_stack_say_what_to_copy(tmp_path: Path):
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"imagesToMirror": [{"source": COPY.source, "target": COPY.target}]}))
    assert copies(outputs) == [COPY]


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"imagesToMirror": [{}]}'])
def test_outputs_that_name_no_images_are_refused_with_the_way_out(text: str, tmp_path: Path):
    (tmp_path / "outputs.json").write_text(text)
    with pytest.raises(MirrorError, match="deploy the stack"):
        copies(tmp_path / "outputs.json")


def test_each_image_is_copied_by_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path, monkeypatch, f'echo "$*" >> {tmp_path}/done')
    assert list(mirror([COPY])) == [f"{COPY.source} -> {COPY.target}"]
    assert (tmp_path / "done").read_text().split() == ["copy", COPY.source, COPY.target]


def test_an_image_that_cannot_be_copied_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path, monkeypatch, "echo denied >&2; exit 1")
    with pytest.raises(MirrorError, match=r"was not copied: denied; log in with"):
        list(mirror([COPY]))
