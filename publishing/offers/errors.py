from __future__ import annotations

from publishing.errors import PublishingError


class OfferRefused(PublishingError):
    """Nothing that could be offered, or nobody to offer it to."""

    code = "offer_refused"
    http_status = 400


class OfferNotFound(PublishingError):
    code = "offer_not_found"
    http_status = 404


class AlreadyAnswered(PublishingError):
    code = "already_answered"
