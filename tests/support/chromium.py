"""The one Chromium of a test run: Playwright's API can be started once in a thread.

Without one the tests that ask for it are skipped, unless WEB_TESTS=required.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS: Final = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def find_chromium() -> str | None:
    """The program that CHROMIUM names, or the one of the machine."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def go_without(what: str) -> NoReturn:
    """Skip the test for the lack of something, or fail it where it must not be lacking."""
    if os.environ.get("WEB_TESTS") == "required":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def chromium_or_skip() -> Iterator[Browser]:
    """A browser until the end of the block."""
    program = find_chromium()
    if program is None:
        go_without("There is no Chromium here (Debian: apt-get install chromium; or set CHROMIUM to one).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
