"""`python -m server` is `itsm-reports`."""

from server.cli import main

main()
