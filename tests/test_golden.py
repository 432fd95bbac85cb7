from __future__ import annotations

import pytest

from tests.golden import Golden


def test_a_golden_file_that_differs_fails_with_the_difference_and_the_way_out(tmp_path):
    Golden(update=True, folder=tmp_path).matches("policy", {"Action": "s3:GetObject"})
    Golden(update=False, folder=tmp_path).matches("policy", {"Action": "s3:GetObject"})
    with pytest.raises(AssertionError, match="--update-golden") as failure:
        Golden(update=False, folder=tmp_path).matches("policy", {"Action": "s3:*"})
    assert '+  "Action": "s3:*"' in str(failure.value), "the difference is shown"


def test_a_golden_file_that_is_missing_fails(tmp_path):
    with pytest.raises(AssertionError, match=r"policy\.json is not what was reviewed"):
        Golden(update=False, folder=tmp_path).matches("policy", {})
