"""A payment provider for one machine: stateful, in Stripe's wire format, for tests and demos.

The unmodified Stripe SDK talks to it. It keeps to Stripe's documented behaviour of payment intents
with manual capture, refunds, idempotency keys, test payment methods and errors, and adds a path of
its own, `/_sandbox/`, to look inside and to inject faults (`admin`). The logic is a pure
core (`core`), so tests run it in process; `server` puts it on a socket.
"""
