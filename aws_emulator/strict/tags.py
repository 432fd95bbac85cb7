"""Tags of any request: keys that AWS keeps for itself, and lengths.

Source: Tagging AWS Resources and Tag Editor User Guide, "Tag naming limits and requirements": a key has 1 to 128
characters and does not begin with `aws:`; a value has at most 256.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SOURCE = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"
_MEMBERS = ("Tags", "tags", "TagList", "tagList", "TagSet", "Tagging")
_SPECIFICATIONS = ("TagSpecifications", "TagSpecification")
_KEY, _VALUE = 128, 256


def fault_of(params: Mapping[str, Any]) -> str | None:
    """Why AWS refuses the tags of a request; None where it does not, or the request has none."""
    for key, value in _tags(params):
        if key.lower().startswith("aws:"):
            return f"Tag keys starting with 'aws:' are reserved for internal use: {key}"
        if not 1 <= len(key) <= _KEY:
            return f"Tag key exceeds the maximum length of {_KEY} characters, or is empty"
        if len(value) > _VALUE:
            return f"Tag value exceeds the maximum length of {_VALUE} characters: that of {key} has {len(value)}"
    return None


def _tags(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _MEMBERS:
        if name in params:
            yield from _of(params[name])
    for name in _SPECIFICATIONS:
        for specification in params.get(name) or ():
            yield from _of(specification.get("Tags"))


def _of(tags: Any) -> Iterator[tuple[str, str]]:
    """Tags as a list of pairs, as a map, or (S3) as a list within a structure."""
    if isinstance(tags, Mapping):
        if "TagSet" in tags:
            yield from _of(tags["TagSet"])
        elif all(isinstance(value, str) for value in tags.values()):
            yield from tags.items()
    elif isinstance(tags, list | tuple):
        for tag in tags:
            if isinstance(tag, Mapping):
                lower = {str(name).lower().removeprefix("tag"): value for name, value in tag.items()}
                if isinstance(lower.get("key"), str):
                    yield lower["key"], str(lower.get("value") or "")
