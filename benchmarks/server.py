"""An emulator in its own process: `python server.py DATABASE LATENCY [PERSONALITY ...]` prints its URL and serves."""

import sys
import threading

from reconcile.emulator import Emulator, Options

if __name__ == "__main__":
    database, latency, *personalities = sys.argv[1:]
    options = Options({"bench": "bench-key"}, database, latency=float(latency), personalities=tuple(personalities))
    with Emulator(options) as emulator:
        print(emulator.url, flush=True)
        threading.Event().wait()
