"""Patterns of botocore's models, which are written in Java's dialect, and those that are not enforced."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import regex

# Models write characters beyond the basic plane as pairs of surrogates, which a Python text does not have.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_BEYOND = r"\U00010000-\U0010FFFF"
_NAMES = {r"\p{ASCII}": r"[\x00-\x7F]", r"\p{all}": r"\p{Any}"}

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
    """Whether a text matches a pattern of a model; None for one that cannot be read.

    A pattern without anchors holds for the whole value: AWS words a refusal as "Member must satisfy regular expression
    pattern".
    """
    text = pattern.replace(_SURROGATES, _BEYOND)
    for java, python in _NAMES.items():
        text = text.replace(java, python)
    try:
        compiled = regex.compile(text)
    except regex.error:
        return None
    match = compiled.search if text.startswith("^") or text.endswith("$") else compiled.fullmatch
    return lambda value: match(value) is not None
