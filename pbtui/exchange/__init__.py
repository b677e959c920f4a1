"""The venues: one port, one adapter each, and the paper venue. The only room that holds secrets."""
