"""What answers in the making cost: the core of one worker, and GET /healthz beside them.

    python -m benchmarks.running_streams [streams] [tokens a second]

The figure to size a deployment by. The workflow and the clients are on the other core.
"""

from __future__ import annotations

import sys
import time

from benchmarks.pinger import Pinger
from benchmarks.stage import Stage, quantiles

STREAMS, RATE = 200, 20
RAMP_S, MEASURED_S = 10, 15


def main() -> None:
    """Measure, and print a table."""
    streams = int(sys.argv[1]) if len(sys.argv) > 1 else STREAMS
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else RATE
    with Stage() as stage, stage.worker(GRACEFUL_TIMEOUT="5") as worker:
        account = stage.world.account()
        tokens = rate * (RAMP_S + MEASURED_S + 10)
        url = f"{stage.stand_in().url}?tokens={tokens}&interval_us={1_000_000 // rate}"
        chats = stage.chats(account, stage.world.agent(account.team_id, url), streams)
        load = stage.load(worker, worker.cookie(account), chats, RAMP_S)
        time.sleep(RAMP_S + 2)  # all have begun, none has ended
        pinger, cpu = Pinger(worker.port, "/healthz", MEASURED_S), worker.cpu_s()
        delays = pinger.delays()
        busy = (worker.cpu_s() - cpu) / MEASURED_S
        memory = worker.rss_kb()
        result = load.told
    p50, p99, most = quantiles(delays)
    print(f"answers in the making   {streams:8}   x {rate} tokens/s")
    print(f"worker's core in use    {busy:8.1%}   ({busy * 1e6 / (streams * rate):.0f} us a token)")
    print(f"memory of the worker    {memory:8} KB")
    print(f"healthz p50             {p50:8.1f} ms")
    print(f"healthz p99             {p99:8.1f} ms   (max {most:.1f})")
    print(f"clients saw             {result}")


if __name__ == "__main__":
    main()
