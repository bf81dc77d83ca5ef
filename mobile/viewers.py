"""Who looks: what is known of a caller, from memory or by one look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobile.feed.people import VISITOR
from mobile.lookups import look_up
from mobile.seen import Sight, may_remember, memory

if TYPE_CHECKING:
    from customers.tokens import Caller
    from mobile.feed.feeds import Feed
    from mobile.feed.moments import Moment


def sight_of(
    caller: Caller, schema_name: str, feed: Feed, moment: Moment, *, remember: bool = True
) -> Sight:
    """With ``remember``, one of the last minute will do, and a new one is kept for the next."""
    if not caller.is_customer:
        return feed.visitor if remember else Sight(VISITOR)
    number = caller.customer_number
    remember = remember and may_remember()
    if remember:
        sight = memory.get(schema_name, number, moment.day)
        if sight is not None:
            return sight
    mark = memory.mark(schema_name, number)
    person = look_up(schema_name, number, day=moment.day, must_read=feed.must_read)
    return memory.keep(schema_name, person, moment.day, mark) if remember else Sight(person)
