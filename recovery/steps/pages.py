"""Work of the redrive on many orders, asked for a page at a time.

A page is listed, its orders are named in the control table (`recovery.named_orders`), and then the redrive works on the
orders by id. So no order changes before it is named. A run that was killed asks for its last page again and keeps the
names that it wrote: what it has done to an order takes the order off the list. The progress is an item of the control
table:

    item      S  "progress#<run>#<step>"
    sequence  N  0
    cursor    S  JSON, the page that is next; null when all are done
    pages     N  how many pages are done
    counts    S  JSON object, how many orders were named by what became of them
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from functions.redrive.desk import MAX_DECIDED
from recovery import named_orders
from recovery.configuration import Site
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.steps.step import Step

_MINUTE = 60_000
_ASKED_EVERY = 1_000
_ANSWERS_WITHIN = 10 * _MINUTE
"""The redrive runs once at a time; a page waits for the scheduled run that is under way."""


@dataclass
class _Progress:
    cursor: Any = None
    pages: int = 0
    whole: bool = False
    counts: dict[str, int] = field(default_factory=dict)


class RedrivePages(Step):
    """Asks the redrive for page after page.

    `event` lists a page. `kinds` are the members of its answer that list orders, and of the answer to `action`, which
    works on the orders of the kind `worked_on`.
    """

    event: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    action: ClassVar[str]
    worked_on: ClassVar[str]

    @abstractmethod
    def site(self, context: Context) -> Site:
        """The region that holds the lease."""

    def details(self, context: Context) -> Mapping[str, Any]:
        """What the event carries beside the cursor."""
        return {}

    def done(self, context: Context, intended: Facts) -> bool:
        return self._read(context).whole

    def act(self, context: Context, intended: Facts) -> None:
        progress = self._read(context)
        while not progress.whole:
            page = self._asked(context, {self.event: {"cursor": progress.cursor, **self.details(context)}})
            progress.pages += 1
            try:
                entries = self._name(context, progress.pages, page)
                for done in self._work_on(context, entries):
                    if any(done.get(kind) for kind in self.kinds):
                        entries = self._name(context, progress.pages, done)
                for entry in entries:
                    progress.counts[entry["became"]] = progress.counts.get(entry["became"], 0) + 1
                progress.cursor, progress.whole = page["cursor"], page["cursor"] is None
                if progress.whole:
                    self.at_the_end(context)
                self._write(context, progress)
            except (BotoCoreError, ClientError) as error:
                raise _not_written(error) from error
            context.turn_page(f"{sum(progress.counts.values())} orders on {progress.pages} pages")

    def at_the_end(self, context: Context) -> None:
        """Called after the last page. Raises the SDK's errors."""

    def _work_on(self, context: Context, entries: Sequence[named_orders.Entry]) -> Iterator[Mapping[str, Any]]:
        due = [entry["order_id"] for entry in entries if entry["became"] == self.worked_on]
        for start in range(0, len(due), MAX_DECIDED):
            yield self._asked(context, {self.action: due[start : start + MAX_DECIDED]})

    def verify(self, context: Context, intended: Facts) -> Facts:
        progress = self._read(context)
        if not progress.whole:
            raise StepFailedError(f"{self.name} is not at its end; `resume`")
        tables = context.configuration.tables
        try:
            shown = named_orders.shown(context.control, tables.control, context.run, self.name, progress.pages)
        except (BotoCoreError, ClientError) as error:
            raise _not_written(error) from error
        return {**{kind: progress.counts.get(kind, 0) for kind in self.kinds}, "named": shown, "parts": progress.pages}

    def _asked(self, context: Context, event: Mapping[str, Any]) -> Mapping[str, Any]:
        site, trouble = self.site(context), ""
        client = context.clients.at("lambda", site.region)
        payload = json.dumps(event).encode()

        def answered() -> Mapping[str, Any] | None:
            nonlocal trouble
            try:
                answer = client.invoke(FunctionName=site.redrive, Payload=payload)
                page = json.loads(answer["Payload"].read())
            except (BotoCoreError, ClientError, ValueError) as error:
                trouble = str(error)
                return None
            trouble = page.get("errorMessage") or page.get("trouble") or ""
            return None if trouble or "FunctionError" in answer else page

        try:
            return context.waiter.until(
                answered, what=f"a page of {site.redrive}", within=_ANSWERS_WITHIN, every=_ASKED_EVERY
            )
        except StepFailedError as error:
            raise StepFailedError(f"{error} ({trouble})") from error

    def _name(self, context: Context, number: int, answer: Mapping[str, Any]) -> list[named_orders.Entry]:
        """Add the orders of an answer to the names of a page; return all of the page."""
        entries = [{"order_id": one, "became": kind} for kind in self.kinds for one in answer.get(kind, [])]
        table = context.configuration.tables.control
        return named_orders.add_to_part(context.control, table, context.run, self.name, number, entries)

    def _read(self, context: Context) -> _Progress:
        table = context.configuration.tables.control
        try:
            found = context.control.get_item(TableName=table, Key=self._key(context), ConsistentRead=True).get("Item")
        except (BotoCoreError, ClientError) as error:
            raise _not_written(error) from error
        if not found:
            return _Progress()
        cursor = json.loads(found["cursor"]["S"])
        return _Progress(cursor, int(found["pages"]["N"]), cursor is None, json.loads(found["counts"]["S"]))

    def _write(self, context: Context, progress: _Progress) -> None:
        item = {
            **self._key(context),
            "cursor": {"S": json.dumps(progress.cursor)},
            "pages": {"N": str(progress.pages)},
            "counts": {"S": json.dumps(progress.counts)},
        }
        context.control.put_item(TableName=context.configuration.tables.control, Item=item)

    def _key(self, context: Context) -> dict[str, Any]:
        return {KEY_ATTRIBUTE: {"S": f"progress#{context.run}#{self.name}"}, SORT_ATTRIBUTE: {"N": "0"}}


def _not_written(error: Exception) -> StepFailedError:
    return StepFailedError(f"the progress in the control table cannot be read or written: {error}; then `resume`")
