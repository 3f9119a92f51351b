"""Search over the catalog: a read model, fed by `ProductChanged` alone."""
