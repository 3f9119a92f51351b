"""The saga's protocol as a model: small enough that every interleaving of its faults is explored.

`protocol` says what each task does, one atomic effect after another; `moves` what may happen next;
`explore` looks at everything that can. The code must not do what the model does not.
"""
