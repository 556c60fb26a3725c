"""The builtin stages: fetched content, content of the program, the winner of a sweep."""
