"""Generated questions in great numbers, memory under them, and what survives when the server is killed."""
