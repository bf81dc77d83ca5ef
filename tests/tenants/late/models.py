from __future__ import annotations

from django.db import models


class Late(models.Model):
    word = models.TextField()

    def __str__(self) -> str:
        return self.word
