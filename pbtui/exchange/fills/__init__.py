"""Fills of an account on disk: kept once each, with what is known to be missing, read by loop, command and console."""
