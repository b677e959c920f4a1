"""Reading the log from disk: pieces of files, records, filters, search. Textual-free."""
