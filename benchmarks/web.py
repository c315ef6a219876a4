"""What the web client costs: its size, and how it keeps up with a long answer.

    python -m benchmarks.web [seconds] [--shape list]

A markdown answer of 20 KB comes at 100 tokens a second, for 30 s unless told otherwise, through a real worker into
Debian's Chromium, at its own speed and with the processor slowed down six times. `--shape` makes it one long list,
table or block of code. Build the client first (`make web`).
The time to the first token is from the Enter key to the painted words. Long tasks of the main thread are those of
more than 50 ms by the clock, as the browser tells pages of them, and by the thread's own processor time, which the load
of the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.markdown_workflow import SHAPES, MarkdownWorkflow, answer
from benchmarks.processes import OTHER_CORES, WORKER_CORES, on
from benchmarks.stage import Stage, Worker
from tests.support.server import ROOT
from tests.support.world import Account

BUNDLE = ROOT / "chatstream" / "static" / "app"
SIZE = 20_480
TOKENS_A_SECOND = 100
THROTTLES = (1, 6)
ROUNDS = 3
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

WATCH = """
window.seen = { sent: 0, painted: 0 };
addEventListener("keydown", (event) => { if (event.key === "Enter") seen.sent = event.timeStamp; }, true);
const watcher = new MutationObserver(() => {
  if (!document.querySelector(".running-answer .bubble")) return;
  watcher.disconnect();
  requestAnimationFrame(() => setTimeout(() => { seen.painted = performance.now(); }));
});
watcher.observe(document, { childList: true, subtree: true });
"""
LONG_MS = 50.0


@dataclass(frozen=True, slots=True)
class Run:
    """One answer as it was watched; times in milliseconds."""

    first_token: float
    by_clock: list[float]
    """The long tasks."""
    by_processor: list[float]
    busy: float
    """Processor time of the page's main thread: scripts, layout and all."""


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of JavaScript and CSS after gzip: what the page begins with, and what is loaded when asked for."""
    page = (folder / "index.html").read_text()
    first = set(re.findall(r'(?:src|href)="/assets/([^"]+\.(?:js|css))"', page))
    found = {"at the start": 0, "when asked for": 0}
    for path in (folder / "assets").iterdir():
        if path.suffix in (".js", ".css"):
            size = len(gzip.compress(path.read_bytes(), 9))
            found["at the start" if path.name in first else "when asked for"] += size
    return found


def watch(browser: Browser, worker: Worker, cookie: str, chat_id: str, throttle: int, seconds: float) -> Run:
    """Send a message and watch its answer to the end."""
    name, _, value = cookie.partition("=")
    context = browser.new_context()
    context.add_cookies([{"name": name, "value": value, "domain": urlsplit(worker.url).hostname or "", "path": "/"}])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{worker.url}/chats/{chat_id}")
    page.locator("#composer").fill("Please write a long answer.")
    page.wait_for_timeout(1000)  # what the start costs is over
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    browser.start_tracing(page=page, categories=["toplevel"])
    page.locator("#composer").press("Enter")
    wait_for_end(page, seconds)
    tasks = main_thread_tasks(browser.stop_tracing())
    first_token = page.evaluate("seen.painted - seen.sent")
    context.close()
    return Run(
        first_token,
        by_clock=[clock for clock, _ in tasks if clock > LONG_MS],
        by_processor=[processor for _, processor in tasks if processor > LONG_MS],
        busy=sum(processor for _, processor in tasks),
    )


def wait_for_end(page: Page, seconds: float) -> None:
    """Until the answer stands among the messages. Raises TimeoutError."""
    page.locator(".running-answer .bubble").wait_for(timeout=30_000)
    page.wait_for_timeout(seconds * 900)  # asking the page at each frame would be work of its own
    page.locator(".running-answer").wait_for(state="detached", timeout=120_000)
    assert re.search(r"part.20\b", page.locator(".message.from-agent").last.inner_text(), re.IGNORECASE)


def main_thread_tasks(trace: bytes) -> list[tuple[float, float]]:
    """The time by the clock and by the processor, in milliseconds, of each task of the page's main thread."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    threads: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for event in sorted(events, key=lambda event: event.get("ts", 0)):
        thread = (event["pid"], event["tid"])
        if event["ph"] == "X" and event["name"].endswith("RunTask") and thread in main:
            tasks = threads.setdefault(thread, [])
            if not tasks or event["ts"] >= tasks[-1]["ts"] + tasks[-1]["dur"]:  # not within the one before
                tasks.append(event)
    busiest = max(threads.values(), key=lambda tasks: sum(task.get("tdur", 0) for task in tasks))
    return [(task["dur"] / 1000, task.get("tdur", 0) / 1000) for task in busiest]


def measure(stage: Stage, account: Account, agent_id: str, seconds: float) -> dict[int, list[Run]]:
    """The runs at each throttle, each in a page and a chat of its own."""
    chats = iter(stage.chats(account, agent_id, len(THROTTLES) * ROUNDS))
    runs: dict[int, list[Run]] = {}
    with stage.worker() as worker, on(WORKER_CORES | OTHER_CORES), sync_playwright() as playwright:
        cookie = worker.cookie(account)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for throttle in THROTTLES:
            runs[throttle] = [watch(browser, worker, cookie, next(chats), throttle, seconds) for _ in range(ROUNDS)]
        browser.close()
    return runs


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.web", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seconds", type=float, nargs="?", default=30.0, help="how long the answer takes (30)")
    parser.add_argument("--shape", choices=SHAPES, default="mixed", help="what the answer is made of (mixed)")
    given = parser.parse_args()
    seconds: float = given.seconds
    if not (BUNDLE / "index.html").exists():
        raise SystemExit("The web client is not built: run `make web` first.")
    print("JavaScript and CSS, gzip (kB)")
    for name, size in sizes(BUNDLE).items():
        print(f"  {name:<16} {size / 1000:7.1f}")
    workflow = MarkdownWorkflow(answer(SIZE, given.shape), tokens=int(seconds * TOKENS_A_SECOND), seconds=seconds)
    with workflow, Stage() as stage:
        account = stage.world.account()
        agent_id = stage.world.agent(account.team_id, workflow.url)
        runs = measure(stage, account, agent_id, seconds)
    print(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("                              long tasks by the clock       by the processor")
    print("throttle  first token (ms)  number  sum (ms)  longest  number  sum (ms)  longest  busy (s)")
    for throttle, watched in runs.items():
        for run in watched:
            tasks = "".join(
                f"{len(some):8} {sum(some):9.0f} {max(some, default=0):8.0f}"
                for some in (run.by_clock, run.by_processor)
            )
            print(f"{throttle:7}x {run.first_token:17.0f} {tasks} {run.busy / 1000:9.1f}")


if __name__ == "__main__":
    main()
