"""Sequence diagrams, drawn as SVG by the template: who sends what to whom, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANE, ROW, TOP, MARGIN = 190, 54, 64, 95


@dataclass(frozen=True, slots=True)
class Step:
    sender: int
    receiver: int
    text: str | Promise


@dataclass(frozen=True, slots=True)
class Sequence_:
    title: str | Promise
    people: Sequence[str | Promise]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Arrow:
    number: int
    text: str | Promise
    sender: str | Promise
    receiver: str | Promise
    start: int
    end: int
    middle: int
    y: int

    @property
    def tip(self) -> str:
        """A triangle whose point touches the receiver's line."""
        back = self.end - 8 if self.end > self.start else self.end + 8
        return f"{self.end},{self.y} {back},{self.y - 4} {back},{self.y + 4}"


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str | Promise
    width: int
    height: int
    people: list[tuple[int, str | Promise]]
    arrows: list[Arrow]


def drawing(name: str) -> Drawing:
    told = DIAGRAMS[name]
    arrows = []
    for number, step in enumerate(told.steps, 1):
        start, end = (MARGIN + LANE * place for place in (step.sender, step.receiver))
        arrows.append(
            Arrow(
                number, step.text, told.people[step.sender], told.people[step.receiver], start,
                end, (start + end) // 2, TOP + ROW * number - 12,
            )
        )  # fmt: skip
    people = [(MARGIN + LANE * place, text) for place, text in enumerate(told.people)]
    width = 2 * MARGIN + LANE * (len(people) - 1)
    return Drawing(told.title, width, TOP + ROW * (len(arrows) + 1) - 16, people, arrows)


_APP, _PARTNER, _GATEWAY = _("Mobile bank"), _("Partner's server"), _("Gateway")
_PHONE, _ENGINE, _CORE = _("Customer's phone"), _("Engine"), _("Bank's core")
DIAGRAMS: Mapping[str, Sequence_] = {
    "identity": Sequence_(
        _("Signing a customer in"),
        (_APP, _PARTNER, _GATEWAY),
        (
            Step(0, 2, _("consent, PKCE challenge")),
            Step(2, 0, _("one-time ticket, 60 s")),
            Step(0, 1, _("ticket and verifier")),
            Step(1, 2, _("tickets:exchange, signed")),
            Step(2, 1, _("openid, bound token")),
            Step(1, 2, _("token:introspect, userinfo")),
            Step(2, 1, _("active, masked claims")),
        ),
    ),
    "liveness": Sequence_(
        _("Checking that a person is live"),
        (_PHONE, _PARTNER, _GATEWAY, _ENGINE),
        (
            Step(1, 2, _("create a session, signed")),
            Step(2, 1, _("session, client token")),
            Step(1, 0, _("token, after the #")),
            Step(0, 2, _("start; capture of each step")),
            Step(2, 3, _("media, time budget")),
            Step(3, 2, _("live, spoof, uncertain")),
            Step(2, 1, _("webhook liveness.finished")),
            Step(1, 2, _("read the session, signed")),
            Step(2, 1, _("result token, once")),
            Step(1, 2, _("results:verify")),
        ),
    ),
    "keyboard": Sequence_(
        _("Entering a PIN"),
        (_PHONE, _PARTNER, _GATEWAY, _CORE),
        (
            Step(1, 2, _("begin a session, signed")),
            Step(2, 1, _("layout, signed session key")),
            Step(1, 0, _("layout, key")),
            Step(0, 1, _("encrypted positions")),
            Step(1, 2, _("translate or verify, signed")),
            Step(2, 3, _("PIN block, zone key")),
            Step(3, 2, _("matched, attempts left")),
            Step(2, 1, _("PIN block, or the verdict")),
        ),
    ),
    "grant": Sequence_(
        _("From application to production"),
        (_("Bank"), _("Platform"), _("Sandbox"), _("Production")),
        (
            Step(0, 1, _("submit the application")),
            Step(1, 0, _("technical and compliance review")),
            Step(1, 2, _("the grant opens the sandbox")),
            Step(0, 2, _("build, pass conformance")),
            Step(0, 1, _("ask for production")),
            Step(1, 3, _("production is opened")),
        ),
    ),
}
