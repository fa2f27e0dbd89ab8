"""The least folder in which operations can be opened."""

CITY = """
[city]
id = "town"
name = "Town"
name_zh = "小城"
reference_date = 2026-03-01
crs = "EPSG:32632"
[population]
total = 10
date = 2026-01-01
source = "count"
[[sources]]
id = "osm"
kind = "osm"
file = "town.osm"
licence = "ODbL-1.0"
attribution = "x"
date = 2026-01-01
evidence = "measured"
"""


def write_city(folder):
    folder.mkdir(exist_ok=True)
    (folder / "city.toml").write_text(CITY, encoding="utf-8")
    (folder / "town.osm").touch()
    return folder


def let_in(operations, name, *roles, **reach):
    """Make an account with roles, a unit and grids; return its key."""
    accounts = operations.entrance.accounts
    with operations.engine.begin() as connection:
        accounts.add(connection, name, roles, "operator", **reach)
        return accounts.new_key(connection, name, "operator")
