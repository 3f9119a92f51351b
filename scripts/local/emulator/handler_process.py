"""What a function's process runs: the real runtime client, then the unpacked package's handler.

Started by the emulator as `python -I -S -B handler_process.py <folder of awslambdaric>`:
isolated from the user's Python settings and from every site-packages folder. While the client is
imported its folder is on the path; the handler then sees the package and the standard library, as
on Lambda.

It gives way to the embedded cloud, which all functions wait for: where they are equals, each call
of a crowd queues behind other handlers.
"""

import os
import sys

_NICER = 5

os.nice(_NICER)
standard_library = list(sys.path)
sys.path[:] = [sys.argv[1], *standard_library]

from awslambdaric.__main__ import main  # noqa: E402 - needs the path above

sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *standard_library]
main(["bootstrap", os.environ["_HANDLER"]])
