"""The terminal: what it can show, how it is drawn to and read from, and what is seen before screens are loaded."""
