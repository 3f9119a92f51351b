"""The CDK app: one construct per capability, one stack per stage.

`workflows` is imported first because it chooses the Node that the CDK runs on.
"""

import workflows as workflows
