"""Long work in a process of its own, which tells how it fares in JSON lines."""
