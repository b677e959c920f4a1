"""Telling the operator who does not look: messages, a heartbeat file, a ping; never in the way of the loop."""
