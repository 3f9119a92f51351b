"""`python -m scripts.local.payment_sandbox --port 4601 --state .local/payments`"""

import argparse
import signal
import threading
from pathlib import Path
from typing import Final

from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.server import SandboxServer
from scripts.local.payment_sandbox.store import Store

_STOP_SECONDS: Final = 1.0


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="payment_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder of its file; without: memory only")
    parser.add_argument("--api-key", default=DEFAULT_API_KEY, help="the secret key to accept")
    parser.add_argument("--webhook-url", help="where to send events")
    parser.add_argument("--webhook-secret", default="", help="signs them: whsec_...")
    options = parser.parse_args()
    path = None
    if options.state:
        options.state.mkdir(parents=True, exist_ok=True)
        path = options.state / "payments.sqlite3"
    store = Store(path)
    sandbox = Sandbox(store, api_key=options.api_key)
    if options.webhook_url:
        sandbox.webhooks.register(options.webhook_url, options.webhook_secret)
    try:
        server = SandboxServer(sandbox, options.port)
    except OSError as error:
        parser.exit(1, f"Port {options.port} cannot be used: {error.strerror}.\n")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    sender = threading.Thread(target=sandbox.webhooks.run, args=(stopped,), daemon=True)
    sender.start()
    print(f"payment sandbox on {server.url}", flush=True)
    stopped.wait()
    sandbox.webhooks.wake()
    server.shutdown()
    server.server_close()
    sender.join(_STOP_SECONDS)
    if not sender.is_alive():  # else it hangs on an endpoint; the file is safe without closing
        store.close()


if __name__ == "__main__":
    main()
