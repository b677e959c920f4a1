"""Work beside the screen: in threads, and in processes of its own."""
