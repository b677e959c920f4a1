"""What `pbtui doctor` looks at, a file a subject; none of them changes anything."""
