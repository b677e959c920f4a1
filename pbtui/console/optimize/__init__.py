"""What the screens of searches and their fronts know and do; searches are processes, reading happens in threads."""
