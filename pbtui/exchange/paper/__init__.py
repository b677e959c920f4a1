"""The simulated venue: default account, test bench, and ground of replays."""
