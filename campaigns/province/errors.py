from __future__ import annotations

from audit.errors import DomainError
from campaigns.errors import BadCampaign, JoiningRefused


class BadProvinceCampaign(BadCampaign):
    """``field`` names a field of the province campaign."""

    code = "bad_province_campaign"


class UnknownProvinceCampaign(DomainError):
    """No such province campaign, or not one that is open to this bank."""

    code = "unknown_province_campaign"
    http_status = 404


class WaveRefused(DomainError):
    """A step that this wave cannot take."""

    code = "wave_refused"


class PulledBack(JoiningRefused):
    """The bank's wave is pulled back: nothing of it is published or runs."""

    code = "wave_pulled_back"
