from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

JOB_BEGUN = register("intake.job_begun", _("background job begun"))
JOB_CANCELLED = register("intake.job_cancelled", _("background job cancelled"))
FILE_STORED = register("intake.file_stored", _("file stored"))
FILE_FETCHED = register("intake.file_fetched", _("file fetched"))
FILES_SWEPT = register("intake.files_swept", _("expired files removed"))
