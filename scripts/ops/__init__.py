"""The verbs of `scripts/shop`: each module is one, its docstring's first line the help.

A verb has `arguments(parser)`, which may add options, and `run(args)`, which returns the exit code.
"""
