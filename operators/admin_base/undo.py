"""A message of success that offers to take the step back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

# The message's tag; templates/unfold/helpers/messages/success.html makes a form of what follows it.
TAG = "undo:"


def success_with_undo(request: HttpRequest, sentence: str, address: str) -> None:
    """``address`` is posted to, without any field, when the operator presses Undo."""
    messages.success(request, sentence, extra_tags=TAG + address)
