from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
# Half-way through a fade nothing has its own colour: axe looks at what comes to rest.
AT_REST = """() => document.getAnimations().forEach(
    animation => { try { animation.finish() } catch { animation.cancel() } })"""


def grave_findings(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it stands, in its frames too."""
    page.evaluate(AT_REST)
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {violation['id']} {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
