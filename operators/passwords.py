"""Rules for passwords, beside Django's own; named in settings.AUTH_PASSWORD_VALIDATORS."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CLASSES_WANTED = 3


class CharacterClassesValidator:
    """At least three of: capital letters, small letters, digits, other characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len({_character_class(character) for character in password}) < CLASSES_WANTED:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self) -> str:
        return _("Mix at least three of: capital letters, small letters, digits, other characters.")


class NotUserNameValidator:
    def validate(self, password: str, user: Any = None) -> None:
        name = getattr(user, "username", "") or ""
        if name and name.casefold() in password.casefold():
            raise ValidationError(self.get_help_text(), code="password_contains_username")

    def get_help_text(self) -> str:
        return _("The password must not contain the user name.")


class PasswordHistoryValidator:
    """Not the password in use, and none of the last ones."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        former = user.password_records.values_list("password", flat=True)
        hashes = {user.password, *former[: settings.PASSWORD_HISTORY]}
        if any(check_password(password, each) for each in hashes if each):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("The last %(count)d passwords cannot be used again.") % {
            "count": settings.PASSWORD_HISTORY
        }


def _character_class(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Lu", "Ll"}:
        return category
    return "digit" if category.startswith("N") else "other"
