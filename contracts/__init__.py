"""What crosses a boundary: money, ids, API bodies, domain events, task payloads, error names, shared items."""
