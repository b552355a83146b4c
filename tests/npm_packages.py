"""The npm packages that tests run with node, pinned and checked. `python -m tests.npm_packages` fetches them (set-up)."""

from pathlib import Path

from server.npm import Package, fetch_package, install_locked

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "node_modules"
FRONTEND = ROOT / "examples" / "frontend"
GRAPHQL_HTTP = Package(
    "graphql-http", "1.23.1", "h6AcykL7+xp22QvOnK0fu1eHk9AZG1ngF71rk0ZGuGupnjm1yqXRFrZ/eMv4Q1FTCWILJ5o6hVAxzt3S8/wPHQ=="
)

if __name__ == "__main__":
    fetch_package(GRAPHQL_HTTP, FOLDER / GRAPHQL_HTTP.name)
    install_locked(FRONTEND)
