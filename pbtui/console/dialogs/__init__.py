"""Dialogs: what stands between a key and a dangerous act."""
