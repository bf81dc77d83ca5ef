from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


def grave_findings(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it stands, in its frames too."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {violation['id']} {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
