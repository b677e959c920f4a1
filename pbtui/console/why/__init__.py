"""The engine's reasons in plain words."""
