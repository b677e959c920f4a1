"""Public market data of real venues through ccxt, no keys needed."""
