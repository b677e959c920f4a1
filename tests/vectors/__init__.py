"""Results recorded from the reference, and how ours compare."""
