"""One module per report: its result type, its options and its request."""
