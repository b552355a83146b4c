"""Who asks Atlassian: what a credential must tell the HTTP client, and the credential of an API token."""

import base64
from dataclasses import dataclass, field
from typing import Protocol


class Access(Protocol):
    """A credential for one site, whatever its kind (API token now; a Bearer token fits the same shape)."""

    @property
    def site_url(self) -> str:
        """The site, such as `https://NAME.atlassian.net`."""
        ...

    @property
    def takes_site_host(self) -> bool:
        """Whether the site's own host may accept this kind; if not, only the gateway is tried."""
        ...

    @property
    def cloud_id(self) -> str | None:
        """The site's cloud id where the credential knows it; None means that it is asked for without credentials."""
        ...

    async def authorization(self) -> str:
        """The value of the Authorization header, fetched anew for every call, so that a token can be renewed."""
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's e-mail and API token (classic, with scopes, or of a service account): HTTP Basic."""

    site_url: str
    email: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def takes_site_host(self) -> bool:
        return True

    @property
    def cloud_id(self) -> str | None:
        return None

    async def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.email}:{self.token}".encode()).decode("ascii")
