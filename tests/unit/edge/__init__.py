"""The edge without CloudFront."""
