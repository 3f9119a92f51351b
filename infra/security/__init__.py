"""What prod's templates say about security, as one file that a review sees change."""
