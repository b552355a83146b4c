"""One module per report: the function that works its figures out, and the fields to ask the API for."""
