from __future__ import annotations


class CharacterClassesValidator:
    def validate(self, password: str, user: object = None) -> None: ...

    def get_help_text(self) -> str:
        return ""


class PasswordHistoryValidator(CharacterClassesValidator): ...
