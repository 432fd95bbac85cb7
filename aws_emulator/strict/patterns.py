"""Patterns of botocore's models, which are written in Java's dialect, and those that are not enforced."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import regex

# Models write characters beyond the basic plane as pairs of surrogates, which a Python text does not have.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_BEYOND = r"\U00010000-\U0010FFFF"
_NAMES = {r"\p{ASCII}": r"[\x00-\x7F]", r"\p{all}": r"\p{Any}"}

NOT_BLANK = r"^(?!\s*$).+"
"""A pattern of several services (Systems Manager, Data Firehose, EventBridge): the value is not blank."""

Matches = Callable[[str], bool]

NOT_ENFORCED: dict[tuple[str, str], str] = {
    ("ec2", "PlacementGroupArn"): (
        "The pattern ends with `placement-group/^.{1,255}$`: a `^` inside it matches no ARN at all. The EC2 User Guide "
        "creates reservations in cluster placement groups: "
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cr-cpg.html"
    ),
}
"""Patterns that AWS itself does not hold requests to, by service and shape, with the evidence."""


@cache
def matcher(pattern: str) -> Matches | None:
    """Whether the whole text matches a pattern of a model; None for a pattern that cannot be read.

    AWS holds the whole value to a pattern, with or without `^` and `$`: EKS refuses the name `c!!`, whose model says
    `^[0-9A-Za-z][A-Za-z0-9\\-_]*`
    (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html: "The name can contain only alphanumeric
    characters (case-sensitive), hyphens, and underscores"). `NOT_BLANK` says only that a value has a visible
    character, so that it may have several lines.
    """
    text = pattern.replace(_SURROGATES, _BEYOND)
    for java, python in _NAMES.items():
        text = text.replace(java, python)
    try:
        compiled = regex.compile(text, regex.DOTALL if pattern == NOT_BLANK else 0)
    except regex.error:
        return None
    return lambda value: compiled.fullmatch(value) is not None
