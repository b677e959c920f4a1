"""The config screen behind its widgets: what is shown, how it is read, how the file is edited."""
