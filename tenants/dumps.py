"""pg_dump of one schema, made replayable under another name."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from tenants.errors import TemplateFailed

# The dump's own SET lines name settings that an older server lacks (transaction_timeout), and
# would outlive our transaction; these replace them.
PREAMBLE = """\
SET LOCAL search_path = '';
SET LOCAL check_function_bodies = off;
SET LOCAL client_min_messages = warning;
"""
_SESSION_LINES = re.compile(
    r"\ASET \w+ = .*;\Z|\ASELECT pg_catalog\.set_config\('search_path', '', false\);\Z"
)
# psql's own commands; newer pg_dumps fence their output with \restrict.
_PSQL_LINES = re.compile(r"\A\\(un)?restrict \w+\Z")


def dump_schema(name: str) -> str:
    """Structure and rows of a schema, as statements for a cursor."""
    command = [
        settings.PG_DUMP, "--schema", name, "--no-owner", "--no-privileges", "--no-comments",
        "--inserts", "--rows-per-insert=1000", "--encoding=UTF8", *_address(),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, check=True, timeout=120
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip()
        raise TemplateFailed(
            _("The template of the banks' schemas could not be dumped: %(reason)s")
            % {"reason": reason}
        ) from error
    return replayable(done.stdout)


def replayable(dump: str) -> str:
    """Without what belongs to a psql session, blank lines and comments."""
    lines: list[str] = []
    in_text = False  # within a quoted value that spans lines, where nothing is ours to drop
    for line in dump.splitlines():
        if in_text or not _belongs_to_session(line):
            lines.append(line)
            in_text ^= line.count("'") % 2 == 1
    return "\n".join(lines)


def _belongs_to_session(line: str) -> bool:
    return (
        not line.strip()
        or line.startswith("--")
        or bool(_SESSION_LINES.match(line) or _PSQL_LINES.match(line))
    )


def renamed(sql: str, old: str, new: str) -> str:
    """The same statements for another schema. The old name must stand for the schema everywhere."""
    everywhere = sql.count(old)
    as_schema = len(re.findall(rf"(?<![\w\"]){re.escape(old)}(?=[.;])", sql))
    if everywhere != as_schema:
        raise TemplateFailed(
            _("The template schema's name occurs in the template's rows; it cannot be renamed.")
        )
    return sql.replace(old, new)


def _address() -> list[str]:
    database = connection.settings_dict
    pairs = {"--host": database["HOST"], "--port": database["PORT"], "--username": database["USER"]}
    options = [part for key, value in pairs.items() if value for part in (key, str(value))]
    return [*options, "--no-password", str(database["NAME"])]


def _environment() -> dict[str, str]:
    database: dict[str, Any] = connection.settings_dict
    secret = {"PGPASSWORD": str(database["PASSWORD"])} if database["PASSWORD"] else {}
    tls = {
        f"PG{key.upper()}": str(value)
        for key, value in database.get("OPTIONS", {}).items()
        if key in {"sslmode", "sslrootcert", "sslcert", "sslkey"}
    }
    return {**os.environ, **secret, **tls}
