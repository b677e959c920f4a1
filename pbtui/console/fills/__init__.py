"""The fills screen: asking for fills, and what is shown of them."""
