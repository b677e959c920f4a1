"""The command line: parses arguments, dispatches lazily, renders every error as one line."""
