"""What crosses a boundary: money, ids, API bodies, events, task payloads, errors, shared items."""
