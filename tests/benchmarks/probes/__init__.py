"""Programs that run in a clean interpreter with nothing but one package on the path."""
