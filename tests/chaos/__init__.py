"""The kill test: orders over HTTP while processes are killed and the payment provider misbehaves.

`make chaos` runs it on a platform of its own, `make test` a short form (`tests/e2e/test_chaos.py`).

- `plan`: what customers and operators are going to do, drawn from a seed.
- `crowd`: customers who place, repeat and cancel orders; operators who stop and resume executions.
- `workers`, `glimpse`: function processes caught at work, where their task stood, and SIGKILL.
- `storm`: kills and provider faults while the crowd is busy.
- `calm`: what operators and schedules do afterwards, until every order has come to an end.
- `verdict`: the audit, what customers were promised, mails, and every event on the bus.

The embedded cloud itself is not killed: it holds its data in memory, as no cloud does.
"""
