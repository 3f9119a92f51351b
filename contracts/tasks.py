"""Payloads of the saga's tasks.

They stay readable by the version before and after: a redrive runs an old definition against new
code. The execution carries the order's id and nothing personal.
"""

from pydantic import BaseModel, ConfigDict, Field


class Failure(BaseModel):
    """What a Catch hands on: the error's name and its cause, as Step Functions words them.

    Source: "Handling errors in Step Functions workflows", section on error output.
    """

    error: str = Field(alias="Error")
    cause: str = Field(default="", alias="Cause")


class TaskInput(BaseModel):
    """Input of every task: the order it is about. Unknown fields are for newer versions.

    Attributes:
        refund_id: in the tasks of RefundOrder alone.
    """

    model_config = ConfigDict(extra="ignore")

    order_id: str = Field(alias="orderId", min_length=1)
    failure: Failure | None = None
    refund_id: str | None = Field(default=None, alias="refundId")
