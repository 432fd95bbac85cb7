"""Tags in the forms that the service models have: a map, or a list of key and value under several names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_emulator.store.backend import Store
from aws_emulator.store.call import Call, Pass
from aws_emulator.store.errors import AwsError


def read_tags(value: Any) -> dict[str, str]:
    """Tags of a request as a plain dictionary, whatever form the service gives them."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    tags = {}
    for item in value:
        key = next(v for k, v in item.items() if k.lower().endswith("key"))
        tags[key] = next((v for k, v in item.items() if k.lower().endswith("value")), "")
    return tags


def write_tags(shape: Any, tags: Mapping[str, str]) -> Any:
    """Tags in the form of an output shape: a map shape, or a list of structures with a key and a value member."""
    if shape.type_name == "map":
        return dict(tags)
    members = shape.member.members
    key = next(name for name in members if name.lower().endswith("key"))
    value = next(name for name in members if name.lower().endswith("value"))
    return [{key: k, value: v} for k, v in tags.items()]


@dataclass(frozen=True)
class Tagging:
    """The tag actions of a service.

    `arn`, `tags` and `keys` are the input members with the ARN, the tags to set and the keys to remove; `answer` is
    the output member that lists them. `knows` says whether an ARN that the store has no record for is nevertheless
    to be tagged here: moto has the resource and lacks its tags. Any other ARN is left to moto, or not found with the
    code `not_found` where moto has none of these actions (`moto_has` is False).
    """

    tag: str = "TagResource"
    untag: str = "UntagResource"
    list: str = "ListTagsForResource"
    arn: str = "resourceArn"
    tags: str = "tags"
    keys: str = "tagKeys"
    answer: str = "tags"
    not_found: str = "ResourceNotFoundException"
    moto_has: bool = False
    knows: Callable[[Call, str], bool] | None = None

    def handlers(self) -> dict[str, Callable[[Call], Any]]:
        """The three actions by name."""
        return {self.tag: self._tag, self.untag: self._untag, self.list: self._list}

    def _store(self, call: Call) -> tuple[Store, str]:
        arn = call.params[self.arn]
        if arn in call.store.tags or (self.knows and self.knows(call, arn)):
            return call.store, arn
        if self.moto_has:
            raise Pass
        raise AwsError(self.not_found, f"Resource {arn} not found")

    def _tag(self, call: Call) -> dict[str, Any]:
        store, arn = self._store(call)
        store.tags.setdefault(arn, {}).update(read_tags(call.params[self.tags]))
        return {}

    def _untag(self, call: Call) -> dict[str, Any]:
        store, arn = self._store(call)
        for key in call.params[self.keys]:
            store.tags.get(arn, {}).pop(key if isinstance(key, str) else key["Key"], None)
        return {}

    def _list(self, call: Call) -> dict[str, Any]:
        store, arn = self._store(call)
        shape = call.output.members[self.answer]
        return {self.answer: write_tags(shape, store.tags.get(arn, {}))}
