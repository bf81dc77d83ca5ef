"""Senior mode (适老版) as figures: what its screens must keep, whatever is published.

The published rules for mobile apps for the elderly say: main text of at least 18 dp, targets of at
least 60 dp, contrast of 4.5 : 1, neither advertising nor popups. A dp is a CSS pixel in the
preview. Ads and announcements show there only when they are marked suitable, which their checker
confirms; the marking is theirs, the screens' figures are measured by tests/browser.
"""

from __future__ import annotations

from announcements.appearance.contrast import TEXT_CONTRAST

MIN_TEXT_DP = 18
MIN_TARGET_DP = 60
MIN_CONTRAST = TEXT_CONTRAST
MAX_FUNCTIONS = 8
