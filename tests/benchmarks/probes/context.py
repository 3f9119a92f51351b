"""What Lambda hands a handler beside the event."""


class Context:
    """Attributes of Lambda's context object that utilities read."""

    function_name = "commerce-bench-PlaceOrderApi"
    function_version = "1"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:commerce-bench:live"
    aws_request_id = "c7b2f0f4-6f1e-4a53-9a6f-1d1c7c9f3b52"
    log_group_name = "/aws/lambda/commerce-bench-PlaceOrderApi"
    log_stream_name = "2026/01/05/[1]0"

    def get_remaining_time_in_millis(self) -> int:
        """Ten seconds, always."""
        return 10_000
