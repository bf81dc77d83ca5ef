"""Draws the demo's pictures with Chromium: ``python -m demo.artwork`` (needs fonts-noto-cjk)."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from demo.artwork.scenes import SCENES, SIZES, Scene

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parent / "data" / "pictures"
SCALE = 3
STYLE = (HERE / "pictures.css").read_text()


def page_of(scene: Scene) -> str:
    width, height = SIZES[scene.placement]
    start, end = scene.colours
    drawing = (HERE / "drawings" / f"{scene.drawing}.svg").read_text()
    button = f"<b>{scene.button}</b>" if scene.button else ""
    return f"""<!doctype html><html lang="zh-CN"><style>
        :root {{ --w: {width}px; --h: {height}px; --from: {start}; --to: {end}; }}
        html {{ background: transparent; }} {STYLE}</style>
        <body class="{scene.placement}">{drawing}
        <main><h1>{scene.headline}</h1><p>{scene.words}</p>{button}</main><small>演示素材</small>"""


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for scene in SCENES:
            width, height = SIZES[scene.placement]
            page = browser.new_page(
                viewport={"width": width, "height": height}, device_scale_factor=SCALE
            )
            page.set_content(page_of(scene))
            drawn = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
            drawn.save(PICTURES / f"{scene.name}.webp", quality=82, method=6)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
