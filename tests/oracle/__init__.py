"""Figures worked out a second time, slowly and in plain Python, from the definitions alone, and compared with the server's."""
