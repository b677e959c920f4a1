"""Widgets that draw styled lines, by difference."""
