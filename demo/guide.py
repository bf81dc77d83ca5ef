"""What every step of the tour is given: the product, its banks, and what earlier steps noted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from demo.partner import Partner
from demo.receiver import Receiver
from demo.stage import Console, Phone, Product, wait_for

FEED_SECONDS = 5
# Phones that ask at the same time.
CALLERS = 8
BANK, OTHER = "changsha", "xingsha"
CUSTOMER = "D0000001"
# One of the demo's smaller banks: its stock of coupons is empty when the tour gets there.
COUPON_BANK = "ningxiang"
# One for which the demo has neither clients nor calls.
GATEWAY_BANK = "zhuzhou"


@dataclass
class Tour:
    product: Product
    slugs: list[str]
    number: int = 0
    notes: dict[str, str] = field(default_factory=dict)
    consoles: dict[tuple[str, str], Console] = field(default_factory=dict)
    receiver: Receiver = field(default_factory=Receiver)
    # The partner's server, by environment.
    partners: dict[str, Partner] = field(default_factory=dict)

    def console(self, host: str, username: str, password: str = "") -> Console:
        """People stay signed in from step to step."""
        found = self.consoles.get((host, username))
        if found is None:
            found = Console(host, self.product.port, username, password)
            self.consoles[host, username] = found
        return found

    def phone(self, bank: str, customer: str = "", token_of: str = "") -> Phone:
        return Phone(self.product.port, bank, customer, token_of)

    def wait_until_all_see(self, title: str, slugs: list[str]) -> float:
        """Seconds until every bank's customers see it."""
        phones = [self.phone(slug) for slug in slugs]
        sentence = f"not every bank shows “{title}”"
        return wait_for(lambda: all(told_by(phones, title)), FEED_SECONDS, sentence)


def told_by(phones: Sequence[Phone], title: str) -> list[bool]:
    """Who of them sees it; they ask several at a time, for there are many banks."""
    return at_once(phones, lambda phone: phone.sees(title))


def at_once(phones: Sequence[Phone], ask: Callable[[Phone], bool]) -> list[bool]:
    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(ask, phones))


def say(text: str) -> None:
    sys.stdout.write(f"     {text}\n")
    sys.stdout.flush()
