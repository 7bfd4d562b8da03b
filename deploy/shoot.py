"""`./dev shoot`: the pictures of the README and the one that links show where they are shared, of a demo of its own."""

import argparse
import io
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES, SOCIAL = ROOT / "docs" / "images", ROOT / "static" / "social.png"
PHONE, SCREEN, DESK = (390, 844), (1920, 1080), (1440, 900)
ONLY_THE_LEAD = (
    ".bar nav, .foot, .home-code, .home > :not(.hero), .hero form, .skip { display: none !important }"
    ".brand { font-size: 2rem } .home-lead { font-size: 6.5rem }"
    ".brand .icon { position: fixed; inset: 8.5rem 5rem auto auto; inline-size: 22rem; block-size: 22rem }"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev shoot", description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--language", default="en", help="of the browser; all but English stands in the names")
    options = parser.parse_args()
    with demo(options.port) as said, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["JAMVOTE_BROWSER"], args=["--no-sandbox"])
        camera = Camera(browser, f"http://127.0.0.1:{options.port}", options.language)
        shoot(camera, said)
        browser.close()


@contextmanager
def demo(port: int) -> Iterator[str]:
    """What it prints when it is up: addresses, and who logs in."""
    with tempfile.TemporaryDirectory() as data:
        env = os.environ | {"DATA_DIR": data, "DATABASE_URL": "", "REDIS_URL": "", "PUBLIC_URL": ""}
        env = {name: value for name, value in env.items() if value}
        command = [ROOT / "dev", "run", "--port", str(port)]
        server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            said, line = "", " "
            while line and not line.startswith("  Log in as"):
                line = server.stdout.readline()
                said += line
            yield said
        finally:
            server.terminate()
            server.wait()


class Camera:
    def __init__(self, browser: Browser, server: str, language: str) -> None:
        self.browser, self.server, self.language = browser, server, language

    def page(self, size: tuple[int, int], theme: Any) -> Page:
        context = self.browser.new_context(
            viewport=dict(zip(("width", "height"), size, strict=True)), color_scheme=theme, locale=self.language,
            device_scale_factor=2 if size == PHONE else 1, reduced_motion="reduce", bypass_csp=True,
        )  # fmt: skip
        return context.new_page()

    def take(self, page: Page, name: str, theme: str) -> None:
        language = "" if self.language == "en" else f"-{self.language}"
        page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.save(IMAGES / f"{name}-{theme}{language}.webp", quality=80, method=6)
        page.context.close()


def shoot(camera: Camera, said: str) -> None:
    phone = re.search(r"Phone\s+http://[^/]+(\S+)", said)[1]
    code = re.search(r"/j/(\w+)", said)[1]
    email, password = re.search(r"  Log in as +(\S+) or .* password (\S+)", said).groups()
    for theme in ("dark", "light"):
        page = camera.page(PHONE, theme)
        page.goto(f"{camera.server}/j/{code}")
        page.locator("main .btn-go").first.click()
        for vote in range(2):
            page.locator(".vote").nth(2 * vote).click()
        camera.take(page, "phone", theme)
        page = camera.page(SCREEN, theme)
        page.goto(f"{camera.server}{phone}/screen?theme={theme}")
        page.locator("[data-themes]").evaluate("one => one.remove()")
        camera.take(page, "screen", theme)
        page = camera.page(DESK, theme)
        page.goto(f"{camera.server}/login")
        page.fill("[name=login]", email)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/host")
        page.goto(f"{camera.server}{phone}/host?side=lineup")
        camera.take(page, "console", theme)
    if camera.language == "en":
        page = camera.page((1200, 630), "dark")
        page.goto(camera.server)
        page.add_style_tag(content=ONLY_THE_LEAD)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(64).save(SOCIAL, optimize=True)


if __name__ == "__main__":
    main()
