"""A function that fails behind an HTTP API is answered as 500, without its error.

AWS ("Troubleshooting issues with HTTP API Lambda integrations"): the client gets the status 500 and
{"message":"Internal Server Error"}. MiniStack 1.5.33 answers 502 and hands the function's error on
to the client. Delete when it does not.
"""

from ministack.services import apigateway

from scripts.local.fixes.anchors import before, edit


def apply() -> None:
    """Answer before the error's own text is taken for the answer."""
    edit(
        apigateway,
        "_invoke_lambda_proxy",
        before(
            '    status = lambda_response.get("statusCode", 200)\n',
            '    if result.get("error") and not result.get("throttle"):',
            '        message = b\'{"message":"Internal Server Error"}\'',
            '        return 500, {"Content-Type": "application/json"}, message',
        ),
    )
