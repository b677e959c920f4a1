"""pbtui: terminal operator console and live bot for perpetual-futures grid trading."""

__version__ = "0.1.0"
