"""A resource type with plain create, read, list, update and delete actions, in a few lines."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aws_emulator.store.backend import Record
from aws_emulator.store.call import Call, Pass
from aws_emulator.store.errors import AwsError
from aws_emulator.store.paging import page, paging_members
from aws_emulator.store.shapes import project
from aws_emulator.store.tags import read_tags, write_tags

Make = Any | Callable[[Call, Record], Any]
Hook = Callable[[Call, Record], None]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """How the store keeps one resource type of a service.

    name: what the catalogue calls it.
    key: the record members that together identify one record within an account and region.
    also: further record members by which a request may name the record (single-member keys only).
    shapes: the output shapes that describe a record; wherever an answer has one of them, the record stands.
    create, read, list, update, delete: the actions, where the type has them. `put` creates or replaces.
    inputs: input member -> record member, where the two are called differently.
    defaults: record members for what a create request leaves out, as AWS documents them.
    make: record members set at creation; a function gets the call and the record so far.
    arn: the record member with the ARN, for types that have tags; tags: the member with tags, in and out.
    filters: input member of the list action -> record member that it selects on (a value or a list of values).
    ignored: input members of the list action that select nothing by themselves; selects: a further choice.
    names: the input member of the list action whose values must exist.
    deleting: record members as the answer to the delete shows them.
    not_found, exists: error codes; a type without `exists` may be created twice.
    to_moto: what the store does not know is left to moto.
    """

    name: str
    key: tuple[str, ...]
    shapes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    create: str | None = None
    put: str | None = None
    read: str | None = None
    list: str | None = None
    update: str | None = None
    delete: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    make: Mapping[str, Make] = field(default_factory=dict)
    arn: str | None = None
    tags: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    selects: Callable[[Call, Record], bool] | None = None
    names: str | None = None
    deleting: Mapping[str, Any] = field(default_factory=dict)
    not_found: str = "ResourceNotFoundException"
    exists: str | None = None
    to_moto: bool = False
    on_create: Hook | None = None
    on_update: Hook | None = None
    on_delete: Hook | None = None
    view: Callable[[Call, Record], Record] | None = None
    stored: str = "the request, as the described shape has it"
    not_emulated: str = "everything that would act on it"

    def handlers(self) -> dict[str, Callable[[Call], Any]]:
        """The handler of each action that the type has."""
        pairs = (
            (self.create, self._create),
            (self.put, self._put),
            (self.read, self._read),
            (self.list, self._list),
            (self.update, self._update),
            (self.delete, self._delete),
        )
        return {name: handler for name, handler in pairs if name}

    # records

    def records(self, call: Call) -> dict[tuple[str, ...], Record]:
        """The records of this type in the account and region of the call."""
        return call.store.table(self.name)

    def fields(self, call: Call) -> Record:
        """The request under the names of the record, without its tags."""
        return {
            self.inputs.get(name, name): deepcopy(value)
            for name, value in call.params.items()
            if name != self.tags and value is not None
        }

    def identity(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        """The values that identify a record."""
        return tuple(str(record.get(member)) for member in self.key)

    def find(self, call: Call, wanted: Mapping[str, Any] | None = None) -> Record:
        """The record that the request (or `wanted`) names.

        Raises AwsError with the `not_found` code, or Pass for a type that moto has too.
        """
        identity = self.identity(self.fields(call) if wanted is None else wanted)
        records = self.records(call)
        if identity in records:
            return records[identity]
        for record in records.values():
            if len(identity) == 1 and any(record.get(member) == identity[0] for member in self.also):
                return record
        if self.to_moto:
            raise Pass
        raise AwsError(self.not_found, f"{self.name} {' '.join(identity)} does not exist")

    def add(self, call: Call, record: Record, tags: Any = None) -> Record:
        """Complete a record with defaults and made members and keep it; the answer is the record."""
        for name, value in self.defaults.items():
            record.setdefault(name, deepcopy(value))
        for name, value in self.make.items():
            record[name] = value(call, record) if callable(value) else deepcopy(value)
        if self.exists and self.identity(record) in self.records(call):
            raise AwsError(self.exists, f"{self.name} {' '.join(self.identity(record))} already exists")
        if self.on_create:
            self.on_create(call, record)
        self.records(call)[self.identity(record)] = record
        if self.arn:
            call.store.tags[record[self.arn]] = read_tags(tags)
        return record

    # actions

    def _create(self, call: Call) -> Any:
        return self.answer(call, self.add(call, self.fields(call), call.params.get(self.tags or "")))

    def _put(self, call: Call) -> Any:
        fields = self.fields(call)
        existing = self.records(call).get(self.identity(fields))
        if existing is None:
            return self._create(call)
        return self._change(call, existing, fields)

    def _read(self, call: Call) -> Any:
        return self.answer(call, self.find(call))

    def _update(self, call: Call) -> Any:
        return self._change(call, self.find(call), self.fields(call))

    def _change(self, call: Call, record: Record, fields: Record) -> Any:
        record.update({name: value for name, value in fields.items() if name not in self.key})
        if self.on_update:
            self.on_update(call, record)
        return self.answer(call, record)

    def _delete(self, call: Call) -> Any:
        record = self.find(call)
        if self.on_delete:
            self.on_delete(call, record)
        answer = self.answer(call, {**record, **self.deleting})
        del self.records(call)[self.identity(record)]
        if self.arn:
            call.store.tags.pop(record[self.arn], None)
        return answer

    def _list(self, call: Call) -> Any:
        records = [record for record in self.records(call).values() if self._selected(call, record)]
        if self.names and call.params.get(self.names):
            self._all_named(call, records)
        chosen, following = page(call, records)
        return {**self.answer_list(call, chosen), **following}

    def _selected(self, call: Call, record: Record) -> bool:
        skipped = paging_members(call).union(self.ignored)
        for name, value in call.params.items():
            if name in skipped or value is None or value == []:
                continue
            have = record.get(self.filters.get(name, self.inputs.get(name, name)))
            if name == self.names and any(record.get(member) in _as_list(value) for member in self.also):
                continue
            if have not in _as_list(value):
                return False
        return self.selects is None or self.selects(call, record)

    def _all_named(self, call: Call, records: Iterable[Record]) -> None:
        members = {
            self.filters.get(str(self.names), self.inputs.get(str(self.names), str(self.names))),
            *self.also,
        }
        found = {record.get(member) for record in records for member in members}
        for name in _as_list(call.params[str(self.names)]):
            if name not in found:
                raise AwsError(self.not_found, f"{self.name} {name} does not exist")

    # answers

    def answer(self, call: Call, record: Record) -> Any:
        """The output of an action about one record."""
        shape = call.output
        if shape is None:
            return {}
        seen = self._seen(call, record)
        answer = {}
        for name, member in shape.members.items():
            if member.type_name == "structure" and member.name in self.shapes:
                answer[name] = self.described(call, member, record)
            elif member.type_name == "list" and getattr(member.member, "name", None) in self.shapes:
                answer[name] = [self.described(call, member.member, record)]
            elif name == self.tags and self.arn:
                answer[name] = write_tags(member, call.store.tags.get(record[self.arn], {}))
            elif seen.get(name) is not None:
                answer[name] = project(member, seen[name])
        return answer

    def answer_list(self, call: Call, records: Iterable[Record]) -> Any:
        """The output of an action about several records: structures, or the last member of their keys."""
        shape = call.output
        for name, member in shape.members.items():
            if member.type_name != "list":
                continue
            if member.member.name in self.shapes:
                return {name: [self.described(call, member.member, record) for record in records]}
            if member.member.type_name == "string":
                return {name: [record[self.key[-1]] for record in records]}
        raise TypeError(f"{call.operation.name} has no list of {self.name}")

    def described(self, call: Call, shape: Any, record: Record) -> Record:
        """A record as an output shape describes it."""
        seen = self._seen(call, record)
        if self.arn and self.tags and self.tags in shape.members:
            seen[self.tags] = write_tags(shape.members[self.tags], call.store.tags.get(record[self.arn], {}))
        return project(shape, seen)

    def _seen(self, call: Call, record: Record) -> Record:
        seen = dict(self.view(call, record) if self.view else record)
        for name, member in self.inputs.items():
            seen.setdefault(name, seen.get(member))
        return seen


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]
