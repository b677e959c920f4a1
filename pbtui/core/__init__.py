"""Names shared by every room: values, errors, time, ids, safe text. Imports nothing of ours."""
