"""The first sheet of a .xlsx, cell by cell as its XML streams by.

A reader that builds the sheet in memory falls to a workbook with one cell far to the right and
below, and gives a formula's last result as if it were a value; this one sees what stands there.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from intake import archives
from intake.errors import FileRefused
from intake.sheets import records
from intake.tables import Record, Table
from intake.workbook_parts import Catalogue, read_catalogue


def open_workbook(file: IO[bytes]) -> Table:
    archive = archives.open_archive(file)
    catalogue = read_catalogue(archive)
    found = _records(archive, catalogue)
    header = next(found, None)
    if header is None:
        raise FileRefused(
            _("The first sheet, “%(sheet)s”, is empty. Move the rows to the first sheet.")
            % {"sheet": catalogue.sheet},
            code="empty_file",
        )
    return Table(header, found, "xlsx", "", catalogue.sheet, catalogue.other_sheets)


def _records(archive: zipfile.ZipFile, catalogue: Catalogue) -> Iterator[Record]:
    try:
        yield from records(archives.stream(archive, catalogue.path), catalogue)
    except (expat.ExpatError, ValueError) as error:
        # Numbers of rows and names of cells that no spreadsheet program writes.
        raise FileRefused(
            _("The workbook is damaged. Open it in Excel, save it as .xlsx, and try again."),
            code="damaged_workbook",
        ) from error
