"""Interleavings: two or three actors against one shop, through every order of their steps.

An actor is production code as it is deployed: a state of the saga with its retries, a late twin of
an attempt, the sweeper, the reconciler, a customer who cancels. Each runs in a thread of its own,
but only one of them at a time: at every call of a port (database, payment gateway, mailer, address
book, executions) it hands the baton back, and the scheduler says who goes on (`scheduler.py`). The
ports stand on stores in memory with DynamoDB's semantics, which a shared contract test holds
against real engines.

`explorer.py` goes through the orders of steps depth first: it runs the shop again and again from
the same start, each time along another list of choices. Two beginnings after which the stores are
the same and every actor has seen the same answers lead to the same ends, so only the first of them
is followed. Nothing else is left out, and there is no bound; only groups that are too large for it
are sampled by chance, in the long run alone. The run ends with a line that says how many orders of
steps (interleavings) were seen, in how many runs, and how many of the explorations were whole.

DynamoDB reads the items of a batch one by one and in any order, so each is a step of its own, and
every group is explored with batches that begin with their first item and with their last.

At the end of every order of steps whatever is still open is brought to its end (`rest.py`: the rest
of the saga, the executions that were started, redrives, the sweeper). Then the platform's promises
are computed from ledger, provider, stock, mails and events, and what an actor was told (202 for a
cancel, 200 for shipping) is compared with what became of the order.

A failure prints the steps, who made which call, and the schedule as a list of choices. To run just
that one again:

    .venv/bin/python -m pytest "tests/interleavings/test_pairs.py::test_pair[<as printed>]" \\
        --schedule 0.1.1.0

`-v` shows the figures of every group. `test_guards.py` shows that the net catches something: with a
guard taken out of the code, a group that it names fails.
"""
