"""What the liveness service refuses, beside what every call may be refused for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openapi_gateway.errors import define

CONSENT_INVALID = define(
    "LIVE.CONSENT_INVALID", 422, "liveness-consent",
    _("There is no valid consent of this person to liveness detection by this partner."),
    _("Ask the customer in the bank's app; use the consent_id of that answer for this person."),
)  # fmt: skip
OPENID_UNKNOWN = define(
    "LIVE.OPENID_UNKNOWN", 422, "liveness-openid", _("This openid is not one of your client."),
    _("Use an openid that tickets:exchange gave to this client in this environment."),
)  # fmt: skip
BIZ_NO_USED = define(
    "LIVE.BIZ_NO_USED", 409, "liveness-biz-no", _("This biz_no has a session already."),
    _("Use a new biz_no for each session; fetch the present one by the session_id given here."),
)  # fmt: skip
CALLBACK_NOT_LISTED = define(
    "LIVE.CALLBACK_NOT_LISTED", 422, "liveness-callback",
    _("The callback_url is not one of the grant's."),
    _("Use one of the callback addresses that the application listed for this environment."),
)  # fmt: skip
COMPARE_SCOPE = define(
    "LIVE.COMPARE_NOT_GRANTED", 403, "liveness-compare",
    _("The grant does not cover comparing faces."),
    _("Leave compare out, or apply for the scope liveness.compare."),
)  # fmt: skip
STEP_UP_PERSON = define(
    "LIVE.STEP_UP_PERSON", 422, "liveness-step-up-person",
    _("The step-up is of another person."),
    _("Use the openid for which the step-up was begun, or leave openid out."),
)  # fmt: skip
STEP_UP_COMPARE = define(
    "LIVE.STEP_UP_COMPARE", 422, "liveness-step-up-compare",
    _("A session that settles a step-up must compare faces."),
    _("Name with compare what the face is compared with: any living face would do otherwise."),
)  # fmt: skip
STEP_ORDER = define(
    "LIVE.STEP_ORDER", 409, "liveness-step", _("This is not the step that comes next."),
    _("Send the steps of the challenge in their order, each after the one before was accepted."),
)  # fmt: skip
CAPTURE_REPLAYED = define(
    "LIVE.CAPTURE_REPLAYED", 409, "liveness-replay", _("The same capture was sent before."),
    _("Take a new picture or video."),
)  # fmt: skip
CAPTURE_UNREADABLE = define(
    "LIVE.CAPTURE_UNREADABLE", 422, "liveness-media",
    _("The capture is not of the type that it says."),
    _("Send JPEG, PNG or MP4 with its own content type, complete."),
)  # fmt: skip
CAPTURE_DIGEST = define(
    "LIVE.CAPTURE_DIGEST", 422, "liveness-digest", _("The digest is not the capture's."),
    _("Send Content-Digest: sha-256=:…: (or X-Content-SHA256) of exactly the bytes of the body."),
)  # fmt: skip
NO_ATTEMPTS = define(
    "LIVE.NO_ATTEMPTS", 409, "liveness-attempts", _("All attempts of this session are used up."),
    _("Offer the other way of identification, or begin a new session."),
)  # fmt: skip
RETRY_CAP = define(
    "LIVE.RETRY_CAP", 429, "liveness-retry-cap",
    _("Too many attempts of this person or from this device today."),
    _("Offer the other way of identification; a new day begins at midnight in Shanghai."),
)  # fmt: skip
# Of results, not of refusals: what ``failure_code`` says of a session.
SPOOF = "LIVE.SPOOF"
UNCERTAIN = "LIVE.UNCERTAIN"
NOT_SAME_PERSON = "LIVE.FACE_MISMATCH"
CAPTURE_LOST = "LIVE.CAPTURE_LOST"
NOT_JUDGED = "LIVE.NOT_JUDGED"
RESULT_WORDS = {
    SPOOF: _("An attack was detected."),
    UNCERTAIN: _("Neither live nor an attack for sure."),
    NOT_SAME_PERSON: _("A living person, but not the one compared with."),
    CAPTURE_LOST: _("The capture was lost before it was judged; the attempt was given back."),
    NOT_JUDGED: _("The engine could not judge the capture."),
}
