"""From snapshots to rows of cells: pure functions, one table a module."""
