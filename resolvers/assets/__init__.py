"""Assets: its queries, the reads of its types and objects, and the reports made of them."""
