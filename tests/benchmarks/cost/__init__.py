"""What an order costs on AWS: metered calls, DynamoDB's published rules, dated prices."""
