from __future__ import annotations

from django.utils.functional import Promise

from publishing.errors import PublishingError


class SettingsError(PublishingError):
    code = "settings_refused"


class UnknownGroup(SettingsError):
    code = "unknown_group"
    http_status = 404


class WrongPlace(SettingsError):
    """Templates are the platform's, own values a bank's."""

    code = "wrong_place"


class BadSetting(SettingsError):
    """One value cannot stand; ``key`` says where a form shows ``sentence``."""

    code = "bad_setting"
    http_status = 400

    def __init__(
        self, message: str | Promise, *, key: str, sentence: str | Promise = "", code: str = ""
    ) -> None:
        super().__init__(message, code=code)
        self.key = key
        self.sentence = sentence or message


class SettingLocked(BadSetting):
    code = "setting_locked"
    http_status = 409


class MustFill(SettingsError):
    """The province asks for values of the bank's own that are not there yet."""

    code = "must_fill"


class NothingWaits(SettingsError):
    """No version of the template waits for an answer."""

    code = "nothing_waits"
