"""The console: a Textual app that draws snapshots and posts actions through a link."""
