"""The tables. `site_id` leads every primary, unique and foreign key, so that no row can point into another site.

Rows that hold what people wrote hold it sealed (`content`, `people`), with the id of the data key; in clear are only the facts that
queries need. Instants are milliseconds since 1970.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

ID = String(32)
REGION = String(16)
NAME = String(128)
"""Of an owner or actor: an API key's name, an account id."""
VISIBILITIES = ("PRIVATE", "PEOPLE", "SITE")

sites = Table(
    "sites",
    metadata,
    Column("id", ID, primary_key=True),
    Column("host", String(255), nullable=False, unique=True),
    Column("region", REGION, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("site_id", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("region", REGION, nullable=False),
    Column("purpose", String(32), nullable=False),
    # The stretch of time for which this key seals: there is one key of a purpose in it, also among several servers.
    Column("slot", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # When nothing that it sealed can live any more; none for keys of rows.
    Column("expires_at", BigInteger, nullable=True),
    Column("wrapped", LargeBinary, nullable=False),
    ForeignKeyConstraint(["site_id"], ["sites.id"]),
    UniqueConstraint("site_id", "purpose", "slot"),
)


def _object_table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("site_id", ID, primary_key=True),
        Column("id", ID, primary_key=True),
        Column("region", REGION, nullable=False),
        Column("owner", NAME, nullable=False),
        Column("visibility", String(8), nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("data_key_id", ID, nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("people", LargeBinary, nullable=False),
        ForeignKeyConstraint(["site_id"], ["sites.id"]),
        ForeignKeyConstraint(["site_id", "data_key_id"], ["data_keys.site_id", "data_keys.id"]),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("version >= 1", name="version"),
        Index(None, "site_id", "created_at", "id"),
        Index(None, "site_id", "owner"),
        Index(None, "site_id", "data_key_id"),
    )


def _people_table(name: str, objects: str) -> Table:
    """Who else may see an object, looked up without clear text: `person` is a keyed hash of the name."""
    return Table(
        name,
        metadata,
        Column("site_id", ID, primary_key=True),
        Column("person", String(64), primary_key=True),
        Column("object_id", ID, primary_key=True),
        Column("region", REGION, nullable=False),
        ForeignKeyConstraint(["site_id", "object_id"], [f"{objects}.site_id", f"{objects}.id"], ondelete="CASCADE"),
        Index(None, "site_id", "object_id"),
    )


widgets = _object_table("widgets")
dashboards = _object_table("dashboards")
widget_people = _people_table("widget_people", "widgets")
dashboard_people = _people_table("dashboard_people", "dashboards")

dashboard_items = Table(
    "dashboard_items",
    metadata,
    Column("site_id", ID, primary_key=True),
    Column("dashboard_id", ID, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("region", REGION, nullable=False),
    Column("widget_id", ID, nullable=False),
    Column("width", Integer, nullable=False),
    Column("own_scope", Boolean, nullable=False),
    ForeignKeyConstraint(["site_id", "dashboard_id"], ["dashboards.site_id", "dashboards.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["site_id", "widget_id"], ["widgets.site_id", "widgets.id"]),
    UniqueConstraint("site_id", "dashboard_id", "widget_id"),
    Index(None, "site_id", "widget_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("site_id", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("region", REGION, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("action", String(16), nullable=False),
    Column("object_type", String(16), nullable=False),
    Column("object_id", ID, nullable=False),
    ForeignKeyConstraint(["site_id"], ["sites.id"]),
    Index(None, "site_id", "at"),
)
