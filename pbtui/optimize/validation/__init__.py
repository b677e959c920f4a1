"""What a front is worth on minutes that the search has not seen."""
