"""A file of qualifying events: good rows are taken, bad ones come back.

Events count once by their number: given in a second time, what has been taken is found and told as
known already; begun again after a kill, what the job itself has taken is told as taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from campaigns import events
from campaigns.choices import EventOutcome
from campaigns.errors import BadEvent
from campaigns.importing.event_files import COLUMNS, EMPTY, parsers
from campaigns.models import Event
from campaigns.services import GivenEvent, Source, Taken, take_events
from campaigns.taking.given import check_event, key_of
from intake.columns import match_headers
from intake.errors import FileRefused
from intake.opening import opened
from intake.rejects import Rejects
from intake.rows import RowReader
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from intake.tables import Record
    from operators.models import Operator

PERMISSION = "campaigns.add_event"
AT_ONCE = 500
Progress = Callable[[int], None]


@dataclass(slots=True)
class TakenFile:
    """What became of a file."""

    rows: int = 0
    taken: int = 0
    # Known already, from this file or from elsewhere.
    duplicates: int = 0
    rejected: int = 0
    # Of those that were taken.
    rewarded: int = 0
    not_rewarded: int = 0
    no_campaign: int = 0
    reversals: int = 0
    # The first 20, with their reasons.
    reasons: list[dict[str, object]] = field(default_factory=list)
    error_files: list[str] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    sha256: str = ""
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_COUNTED = {
    EventOutcome.REWARDED: "rewarded",
    EventOutcome.REFUSED: "not_rewarded",
    EventOutcome.NO_CAMPAIGN: "no_campaign",
    EventOutcome.REVERSED: "reversals",
    EventOutcome.WAITING: "reversals",
}


def take_event_file(
    *,
    actor: Operator,
    path: Path,
    name: str,
    error_folder: Path,
    at: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
    begun_before: datetime | None = None,
) -> TakenFile:
    """Of the current bank. Raises ``FileRefused``; ``dry_run``: checked only, nothing is taken.
    ``begun_before``: when, if an earlier run was killed."""
    require(actor, PERMISSION)
    require_branch(actor, "")
    with opened(path) as (table, digest):
        matched = match_headers(table.header, COLUMNS)
        result = TakenFile(
            sha256=digest, other_sheets=table.other_sheets, unknown_columns=matched.unknown,
            dry_run=dry_run,
        )  # fmt: skip
        rejects = Rejects(matched.headers, error_folder, Path(name).stem)
        reader = RowReader(matched, COLUMNS, parsers(), EMPTY)
        source = Source("file", name[:150])
        resumed = _Resumed(source, begun_before) if begun_before else None
        taker = _Taker(source, at, result, rejects, resumed, dry_run=dry_run)
        try:
            for rows in _in_batches(_read(table.records, reader, result)):
                taker.take(rows)
                if progress is not None:
                    progress(result.rows)
            _finish(result, rejects)
        except BaseException:
            rejects.discard()
            raise
    if not dry_run:
        _record(actor, name, result, at)
    return result


@dataclass(slots=True)
class _Row:
    """With its event, or with what is wrong with it."""

    record: Record
    event: GivenEvent | None
    reason: str = ""


def _read(records: Iterator[Record], reader: RowReader, result: TakenFile) -> Iterator[_Row]:
    for row in records:
        result.rows += 1
        values, reason = reader.read(row)
        if reason:
            yield _Row(row, None, reason)
            continue
        given = {**EMPTY, **dict(zip(reader.names, values, strict=True))}
        event = GivenEvent(
            event_id=given["event_id"], kind=given["kind"], customer_number=given["customer"],
            occurred_at=given["occurred_at"], amount_cents=given["amount"], scene=given["scene"],
            reverses=given["reverses"],
        )  # fmt: skip
        yield _Row(row, event)


def _in_batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


class _Taker:
    """Hands rows over, and counts what became of them."""

    def __init__(
        self,
        source: Source,
        at: datetime,
        result: TakenFile,
        rejects: Rejects,
        resumed: _Resumed | None,
        *,
        dry_run: bool,
    ) -> None:
        self._source, self._at, self._result = source, at, result
        self._rejects, self._resumed, self._dry_run = rejects, resumed, dry_run

    def take(self, rows: list[_Row]) -> None:
        """Bad rows come back in the order of the file, whoever found what is wrong with them."""
        given = [row.event for row in rows if row.event is not None]
        answers = map(self._checked, given) if self._dry_run else iter(self._taken(given))
        for row in rows:
            if row.event is None:
                self._rejects.add(row.record, row.reason)
            else:
                self._count(row.record, next(answers))

    def _taken(self, given: list[GivenEvent]) -> list[Taken]:
        answers = take_events(source=self._source, events=given, at=self._at)
        return answers if self._resumed is None else self._resumed.told(answers)

    def _checked(self, event: GivenEvent) -> Taken:
        try:
            check_event(event, self._source, self._at)
        except BadEvent as error:
            return Taken(event.event_id, "refused", code=error.code_text, detail=str(error))
        return Taken(event.event_id, "taken")

    def _count(self, row: Record, answer: Taken) -> None:
        if answer.status == "refused":
            self._rejects.add(row, answer.detail)
        elif answer.status == "duplicate":
            self._result.duplicates += 1
        else:
            self._result.taken += 1
            counted = _COUNTED.get(answer.outcome)  # type: ignore[call-overload]
            if counted:
                setattr(self._result, counted, getattr(self._result, counted) + 1)


class _Resumed:
    """Tells what an earlier run of the job has taken from what was known before it."""

    def __init__(self, source: Source, since: datetime) -> None:
        self._source, self._since = source, since
        self._told: set[UUID] = set()

    def told(self, answers: list[Taken]) -> list[Taken]:
        keys = [key_of(self._source, answer.event_id) for answer in answers]
        known = Event.objects.filter(source=self._source.name, received_at__gte=self._since)
        own = set(known.filter(pk__in=keys).values_list("pk", flat=True))
        return [self._one(key, each, own) for key, each in zip(keys, answers, strict=True)]

    def _one(self, key: UUID, answer: Taken, own: set[UUID]) -> Taken:
        """The same number further down in the file was a second time in the first run, too."""
        is_first = key not in self._told
        if answer.status != "refused":
            self._told.add(key)
        if answer.status == "duplicate" and is_first and key in own:
            return replace(answer, status="taken")
        return answer


def _finish(result: TakenFile, rejects: Rejects) -> None:
    if result.rows == 0:
        raise FileRefused(_("The file has headers only, no rows below them."), code="headers_only")
    result.rejected, result.reasons = rejects.count, rejects.reasons
    result.error_files = [str(path) for path in rejects.keep().values()]


def _record(actor: Operator, name: str, result: TakenFile, at: datetime) -> None:
    counts = ("rows", "taken", "duplicates", "rejected", "rewarded", "not_rewarded", "no_campaign",
              "reversals", "sha256")  # fmt: skip
    with transaction.atomic():
        record(
            events.FILE_TAKEN,
            actor=actor, target_kind="campaigns.event", target_label=name, at=at,
            after={each: getattr(result, each) for each in counts},
        )  # fmt: skip
