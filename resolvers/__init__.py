"""How questions are answered: which columns are needed, how they are read and cached, and the reports as functions of a table."""
