"""The optimiser: genes and bounds, objectives and limits, evaluation, search, results."""
