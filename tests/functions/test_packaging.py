"""What is deployed as a function is whole, small, and the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from functions import packaging

FUNCTIONS = ("authorizer", "order_intake", "redrive", "integrity")
# What the Lambda runtime and the Powertools layer bring.
PROVIDED = {"boto3", "botocore", "aws_lambda_powertools", "aws_xray_sdk"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_archive_is_the_same_bytes_each_time(function: str) -> None:
    files = packaging.content(function)
    shuffled = dict(reversed(files.items()))
    digest = hashlib.sha256(packaging.archive(files)).hexdigest()
    assert hashlib.sha256(packaging.archive(shuffled)).hexdigest() == digest
    with zipfile.ZipFile(io.BytesIO(packaging.archive(files))) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert packed.namelist() == sorted(files)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_from_its_archive_alone(function: str, tmp_path: Path) -> None:
    archive = tmp_path / "function.zip"
    archive.write_bytes(packaging.archive(packaging.content(function)))
    module = packaging.handler_of(function).rpartition(".")[0]
    script = (
        f"import sys; sys.path.insert(0, {str(archive)!r}); before = set(sys.modules); import {module} as m; "
        f"assert m.__file__.startswith({str(archive)!r}); assert callable(m.handle); "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert not {"yaml", "fastjsonschema", "jsonschema", "moto", "pulumi"} & set(ran.stdout.split())


def test_order_intake_carries_the_document_it_validates_by_and_nothing_of_other_functions() -> None:
    files = packaging.content("order_intake")
    assert "functions/api/trading_api.openapi.yaml" in files
    assert not [path for path in files if "redrive" in path or "integrity" in path or "packaging" in path]
    assert sum(map(len, files.values())) < 150_000, "a small archive starts sooner"


def test_validators_from_another_document_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "document_digest", lambda: "another")
    with pytest.raises(packaging.PackagingError, match=r"python -m functions\.api\.generate"):
        packaging.content("order_intake")


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(packaging.PackagingError, match="'trade' is none of authorizer, failover"):
        packaging.content("trade")


def test_the_layer_is_that_of_the_region_runtime_and_architecture() -> None:
    arn = packaging.powertools_layer_arn("us-west-2", 27)
    assert arn == "arn:aws:lambda:us-west-2:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"
    with pytest.raises(packaging.PackagingError, match="layer version 0"):
        packaging.powertools_layer_arn("us-west-2", 0)
