from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
# Half-way through a fade nothing has its own colour, and without its font an icon is a pale word:
# axe looks at what comes to rest.
AT_REST = """async () => {
    document.body.offsetHeight
    await document.fonts.ready
    document.getAnimations().forEach(
        animation => { try { animation.finish() } catch { animation.cancel() } }) }"""


# What a page is made of: each kind of element in each kind of place. Which text or number stands
# in it is nothing to axe, whether any does and whether a field has a label is.
KINDS = """() => {
    const kind = node => node === null ? '' : [
        node.tagName, node.getAttribute('class'), node.getAttribute('role'),
        (node.getAttribute('style') || '').replace(/[\\d.]+/g, ''),
        node.getAttributeNames().sort().join(' '),
        node.textContent.trim() !== '', (node.labels || []).length].join('|')
    const kinds = new Set()
    for (const node of document.querySelectorAll('body, body *:not([class^=simplebar])'))
        kinds.add(kind(node.parentElement) + ' > ' + kind(node))
    return [...kinds] }"""
# Only what is wrong: to say what is right, too, takes a quarter of the time.
OPTIONS = {"resultTypes": ["violations"]}


def grave_findings(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it stands, in its frames too."""
    page.wait_for_load_state("load")
    page.evaluate(AT_REST)
    violations = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{page.url}: {violation['id']} {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


class Acquaintance:
    """Remembers what axe has met, for pages that people of several roles see almost alike."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()

    def is_new(self, page: Page) -> bool:
        """Whether the page has something that no page before it had; it is remembered."""
        kinds = set(page.evaluate(KINDS))
        is_new = not kinds <= self._kinds or len(page.frames) > 1
        self._kinds |= kinds
        return is_new
