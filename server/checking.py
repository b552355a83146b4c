"""Runs the checks of a site for the command line, and puts what they found into words."""

from collections.abc import Callable

from connectors.assets import Assets
from connectors.jira import Jira
from connectors.jsm import Jsm
from connectors.retry import Retry
from resolvers.check import Finding, check, summary
from server.app import utc_now
from server.live import client
from server.settings import Settings

# Somebody waits for it: a few quick tries say enough.
_RETRY = Retry(first_seconds=0.5, longest_seconds=5.0, retries=2, total_seconds=15.0)


async def check_site(settings: Settings, say: Callable[[str], None]) -> bool:
    """Tries everything on the site of the settings, a line at a time; True if all reports work."""
    atlassian = client(settings, now=utc_now, retry=_RETRY)
    findings = []
    try:
        say(f"Checking {settings.site_url} ...")
        async for finding in check(Jira(atlassian), Jsm(atlassian), Assets(atlassian)):
            findings.append(finding)
            _say(finding, say)
    finally:
        await atlassian.aclose()
    lacking = summary(findings)
    say("")
    if not lacking:
        say("All reports work.")
        return True
    say("Does not work, and what it needs:")
    for report, remedies in lacking.items():
        say(f"  {report}: {'; '.join(dict.fromkeys(remedies))}")
    return False


def _say(finding: Finding, say: Callable[[str], None]) -> None:
    say(f"{'ok   ' if finding.ok else 'LACKS'} {finding.what}: {finding.detail}")
