"""Themes: read from files, worn by the app, changed while it runs."""
