"""How anyone talks to a bot: immutable snapshots out, actions in."""
