"""Codes that nobody can guess, made here instead of brought by a file."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.choices import BatchOrigin, BatchState
from coupons.errors import BatchRefused
from coupons.models import Batch, CouponTemplate
from coupons.stock.coupon_files import CODE, Rules, face_of, window_of
from coupons.stock.discarding import clear_remains
from coupons.stock.finishing import finish
from coupons.stock.importing import IMPORT_PERMISSION, NAME_LENGTH, begun_terms, live_terms
from coupons.stock.landing import Stock, connected
from coupons.stock.loading import Landing, Progress, Waiting, lander, one_loader
from coupons.stock.outcomes import Loaded, outcome_of
from coupons.stock.packing import SLICE_ROWS, Slice, generated_slice
from coupons.terms.patterns import pattern_of
from coupons.terms.reading import Terms
from coupons.wording import yuan
from intake.errors import BadValue
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Operator

MOST_COUPONS = 5_000_000
# None of 0 O 1 I J L, which people confuse.
LETTERS, DIGITS = "23456789ABCDEFGHKMNPQRSTUVWXYZ", "23456789"
DEFAULT_LENGTH, LONGEST = 16, 64
# Who tries a billion codes may find one, not more.
TRIES_PER_HIT = 1_000_000_000
_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    count: int
    face_cents: int
    prefix: str = ""
    # Of the whole code.
    length: int = DEFAULT_LENGTH
    digits_only: bool = False

    @property
    def alphabet(self) -> str:
        return DIGITS if self.digits_only else LETTERS


def generate_batch(
    *,
    actor: Operator,
    template: CouponTemplate,
    count: int,
    face_cents: int | None = None,
    prefix: str = "",
    length: int = DEFAULT_LENGTH,
    digits_only: bool = False,
    name: str = "",
    job_uid: UUID | None = None,
    at: datetime | None = None,
) -> Batch:
    """A batch that waits for ``load_generated``. ``face_cents`` None = the template's, when it
    allows one only. Raises ``BatchRefused``."""
    require(actor, IMPORT_PERMISSION)
    require_branch(actor, "")
    at = at or timezone.now()
    terms = live_terms(template)
    clear_remains()
    wanted = Wanted(count, _face(face_cents, terms, at), prefix.strip(), length, digits_only)
    _refuse_bad(wanted, terms)
    batch = Batch(
        template=template, name=(name or _name(template, at))[:NAME_LENGTH],
        origin=BatchOrigin.GENERATE, state=BatchState.LOADING, created_by=actor, created_at=at,
        state_at=at, job_uid=job_uid, wanted={**asdict(wanted), "terms_version": terms.version},
    )  # fmt: skip
    with transaction.atomic():
        batch.save(force_insert=True)
        record(
            events.BATCH_BEGUN, actor=actor, target=batch, at=at,
            after={"template": template.code, **asdict(wanted)},
        )  # fmt: skip
    return batch


def load_generated(
    *, batch_id: int, progress: Progress | None = None, at: datetime | None = None
) -> Loaded:
    """Makes the coupons of a begun batch, or goes on where a killed process stopped: a slice is
    there as a whole or not at all, and its number with it."""
    started, at = time.monotonic(), at or timezone.now()
    with connected() as client, one_loader(client, batch_id):
        batch = Batch.objects.select_related("template").get(pk=batch_id)
        if batch.state != BatchState.LOADING:
            return outcome_of(batch)
        stock = Stock(client, batch.pk, batch.template_id)
        loaded = _fill(batch, stock, _wanted(batch), progress)
        loaded.seconds = round(time.monotonic() - started, 3)
        return finish(batch, loaded, at)


def _fill(batch: Batch, stock: Stock, wanted: Wanted, progress: Progress | None) -> Loaded:
    """``rows`` counts the codes that were tried: one that is there already is left out."""
    told = Loaded(rows=batch.rows, imported=batch.count, total_cents=batch.total_cents)
    window = _window(batch)
    waiting: tuple[Slice, Waiting] | None = None
    with lander() as land:
        while told.imported < wanted.count:
            on_its_way = waiting[0].rows if waiting is not None else 0
            left = min(SLICE_ROWS, wanted.count - told.imported - on_its_way)
            codes, first = _codes(wanted, left), told.rows + on_its_way + 1
            part = generated_slice(codes, first, wanted.face_cents, window)
            if waiting is not None:
                _landed(told, *waiting, progress)
            waiting = (part, land(_landing(stock, part, told))) if part.rows else None
    told.rows = told.imported
    return told


def _landing(stock: Stock, part: Slice, told: Loaded) -> Landing:
    so_far = (told.rows, 0, 0, told.imported, told.total_cents)
    return lambda: stock.land(part, has_owners=False, so_far=so_far)


def _landed(told: Loaded, part: Slice, waiting: Waiting, progress: Progress | None) -> None:
    landed = waiting()
    told.rows += part.rows
    told.imported += landed.count
    told.total_cents += landed.cents
    if progress is not None:
        progress(told.imported)


def _codes(wanted: Wanted, size: int) -> Iterator[str]:
    alphabet, free = wanted.alphabet, wanted.length - len(wanted.prefix)
    letters = random_letters(alphabet, size * free)
    return (wanted.prefix + letters[at : at + free] for at in range(0, size * free, free))


def random_letters(alphabet: str, count: int) -> str:
    """Each as likely as every other: bytes that would favour some are thrown away."""
    fair = 256 - 256 % len(alphabet)
    table = bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))
    unfair = bytes(range(fair, 256))
    found = bytearray()
    while len(found) < count:
        found += secrets.token_bytes((count - len(found)) * 5 // 4 + 16).translate(table, unfair)
    return found[:count].decode()


def _wanted(batch: Batch) -> Wanted:
    return Wanted(**{name: batch.wanted[name] for name in Wanted.__dataclass_fields__})


def _window(batch: Batch) -> tuple[datetime | None, datetime]:
    rules = Rules(begun_terms(batch), {}, batch.created_at)
    return window_of(None, None, rules)


def _face(cents: int | None, terms: Terms, at: datetime) -> int:
    rules = Rules(terms, {}, at)
    try:
        window_of(None, None, rules)
        found = face_of(cents, rules)
    except BadValue as error:
        raise BatchRefused(error.message) from error
    if not terms.face_min_cents <= found <= terms.face_max_cents:
        raise BatchRefused(
            _("The face value lies outside the template's, %(least)s to %(most)s yuan.")
            % {"least": yuan(terms.face_min_cents), "most": yuan(terms.face_max_cents)},
            code="face_out_of_range",
        )
    return found


def _refuse_bad(wanted: Wanted, terms: Terms) -> None:
    if not 1 <= wanted.count <= MOST_COUPONS:
        raise BatchRefused(
            _("Generate 1 to %(most)s coupons at once.") % {"most": f"{MOST_COUPONS:,}"}
        )
    free = wanted.length - len(wanted.prefix)
    least = _least_free(wanted)
    if wanted.length > LONGEST or free < least:
        raise BatchRefused(
            _(
                "After the prefix, codes need at least %(least)s random characters so that nobody"
                " can guess one, and at most %(most)s characters in all."
            )
            % {"least": least, "most": LONGEST},
            code="codes_too_short",
        )
    if not CODE.fullmatch(wanted.prefix + wanted.alphabet[0] * free):
        raise BatchRefused(_("The prefix may hold letters, digits, “-” and “_” only."))
    _refuse_pattern(wanted, terms.code_pattern)


def _least_free(wanted: Wanted) -> int:
    return math.ceil(math.log(wanted.count * TRIES_PER_HIT, len(wanted.alphabet)))


def _refuse_pattern(wanted: Wanted, pattern: str) -> None:
    if not pattern:
        return
    matches = pattern_of(pattern).fullmatch
    free = wanted.length - len(wanted.prefix)
    # Every letter at every place, and some by chance.
    tries = [wanted.prefix + letter * free for letter in wanted.alphabet]
    tries += _codes(wanted, _SAMPLE)
    missed = next((code for code in tries if not matches(code)), "")
    if missed:
        raise BatchRefused(
            _(
                "Codes like %(code)s do not match the template's pattern %(pattern)s. Choose"
                " another prefix, length or alphabet."
            )
            % {"code": missed, "pattern": pattern},
            code="pattern_missed",
        )


def _name(template: CouponTemplate, at: datetime) -> str:
    return f"{template.code} {timezone.localtime(at):%Y-%m-%d %H:%M}"
