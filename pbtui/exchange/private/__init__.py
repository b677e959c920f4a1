"""A venue account with keys: one adapter for all venues, whose differences are in `exchange/venues`."""
