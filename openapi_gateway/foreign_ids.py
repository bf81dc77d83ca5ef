"""For pages of rows whose ids partners and other banks know: asking for one that is not the own
bank's, or that there is not, answers 404, as the gateway itself does, and not with a redirect."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import Http404, HttpRequest


class ForeignIdsAreUnknown:
    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> NoReturn:
        raise Http404
