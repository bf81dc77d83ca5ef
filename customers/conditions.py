"""The conditions of an audience rule: each read once, then a predicate, a query, a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.choices import CustomerGroup
from customers.facts import Facts
from customers.tags import MAX_TAG_CHARACTERS
from operators.models import Branch

Predicate = Callable[[Facts, int], bool]


@dataclass(frozen=True, slots=True)
class Groups:
    values: tuple[str, ...]
    wanted: bool

    def predicate(self) -> Predicate:
        values, wanted = frozenset(self.values), self.wanted
        return lambda facts, _year: values.isdisjoint(facts.groups) is not wanted

    def query(self, _year: int) -> Q:
        found = Q(groups__overlap=list(self.values))
        return found if self.wanted else ~found

    def words(self) -> str:
        names = dict(CustomerGroup.choices)
        shown = _(", ").join(str(names.get(value, value)) for value in self.values)
        if self.wanted:
            return _("In at least one of these groups: %(names)s") % {"names": shown}
        return _("In none of these groups: %(names)s") % {"names": shown}


@dataclass(frozen=True, slots=True)
class Tags:
    values: tuple[str, ...]
    wanted: bool

    def predicate(self) -> Predicate:
        values, wanted = frozenset(self.values), self.wanted
        return lambda facts, _year: values.isdisjoint(facts.tags) is not wanted

    def query(self, _year: int) -> Q:
        found = Q(tags__overlap=list(self.values))
        return found if self.wanted else ~found

    def words(self) -> str:
        shown = _(", ").join(self.values)
        if self.wanted:
            return _("With at least one of these tags: %(names)s") % {"names": shown}
        return _("With none of these tags: %(names)s") % {"names": shown}


@dataclass(frozen=True, slots=True)
class Within:
    path: str
    name: str

    def predicate(self) -> Predicate:
        path = self.path
        return lambda facts, _year: facts.branch_path.startswith(path)

    def query(self, _year: int) -> Q:
        # The few ids of the subtree first: no join of a million customers.
        branches = Branch.objects.filter(path__startswith=self.path).order_by()
        return Q(branch_id__in=list(branches.values_list("id", flat=True)))

    def words(self) -> str:
        return _("Customers of %(branch)s and the branches below it") % {
            "branch": self.name or self.path
        }


@dataclass(frozen=True, slots=True)
class Age:
    """In Shanghai's calendar years; a customer of unknown birth year is of no age."""

    least: int | None
    most: int | None

    def predicate(self) -> Predicate:
        least = 0 if self.least is None else self.least
        most = self.most

        def holds(facts: Facts, year: int) -> bool:
            if facts.birth_year is None:
                return False
            age = year - facts.birth_year
            return least <= age and (most is None or age <= most)

        return holds

    def query(self, year: int) -> Q:
        found = Q(birth_year__isnull=False, birth_year__lte=year - (self.least or 0))
        return found if self.most is None else found & Q(birth_year__gte=year - self.most)

    def words(self) -> str:
        if self.most is None:
            return _("Aged %(least)s or older") % {"least": self.least}
        if self.least is None:
            return _("Aged %(most)s or younger") % {"most": self.most}
        return _("Aged %(least)s to %(most)s") % {"least": self.least, "most": self.most}


@dataclass(frozen=True, slots=True)
class Nobody:
    """Stands for what cannot be read."""

    def predicate(self) -> Predicate:
        return lambda _facts, _year: False

    def query(self, _year: int) -> Q:
        return Q(pk__in=[])

    def words(self) -> str:
        return _("A condition that this release does not know: nobody is meant")


Condition = Groups | Tags | Within | Age | Nobody
MAX_AGE = 150
KEYS = {
    "groups": {"field", "op", "values"},
    "tags": {"field", "op", "values"},
    "branch": {"field", "op", "path", "name"},
    "age": {"field", "op", "min", "max"},
}
MAX_GROUP_CHARACTERS = 12


# --- reading --------------------------------------------------------------------------------------
def parse_condition(raw: object) -> Condition:
    """Lenient in one direction only: whatever is not exactly understood becomes nobody."""
    if not isinstance(raw, Mapping) or not set(raw) <= KEYS.get(str(raw.get("field")), set()):
        return Nobody()
    match raw.get("field"), raw.get("op"):
        case "groups", ("any" | "none") as op:
            values = _texts(raw.get("values"), MAX_GROUP_CHARACTERS)
            return Groups(values, op == "any") if values else Nobody()
        case "tags", ("any" | "none") as op:
            values = _texts(raw.get("values"), MAX_TAG_CHARACTERS)
            return Tags(values, op == "any") if values else Nobody()
        case "branch", "within":
            path, name = raw.get("path"), raw.get("name") or "-"
            return Within(str(path), name) if _is_text(path) and _is_text(name) else Nobody()
        case "age", "between":
            return _age(raw.get("min"), raw.get("max"))
    return Nobody()


def _texts(values: object, longest: int) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        return ()
    # A longer one would be cut by the database, and then equal another.
    return tuple(values) if all(_is_text(each, longest) for each in values) else ()


def _is_text(value: object, longest: int = 255) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _age(least: object, most: object) -> Condition:
    if not (is_age(least) or least is None) or not (is_age(most) or most is None):
        return Nobody()
    return Age(least, most) if (least, most) != (None, None) else Nobody()  # type: ignore[arg-type]


def is_age(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_AGE


def parse(rule: object) -> list[Condition]:
    """Empty = everybody."""
    if rule == {}:
        return []
    conditions = rule.get("all") if isinstance(rule, Mapping) and set(rule) == {"all"} else None
    if not isinstance(conditions, list | tuple):
        return [Nobody()]
    return [parse_condition(each) for each in conditions]
