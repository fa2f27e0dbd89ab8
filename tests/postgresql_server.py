"""A PostgreSQL of the tests' own, for every room that needs one."""

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

CURE = "Install Debian's package postgresql: bash .ci/setup"


def postgresql_programs():
    """The folder of PostgreSQL's own programs, or None."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Server:
    """A PostgreSQL of the tests' own, reached by a socket in its folder."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.data, self.log = folder / "data", folder / "log"
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "-U", "dizuo", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def run(self, program, *arguments):
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                *command,
            ]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=50"
        self.run("pg_ctl", "-D", self.data, "-l", self.log, "-o", options, "-w", "start")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def url(self, name="postgres"):
        return f"postgresql+psycopg://dizuo@/{name}?host={self.folder}"

    def new_database(self):
        name = f"dizuo_{uuid.uuid4().hex}"
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(f"there is no PostgreSQL. {CURE}")
    # Not below pytest's own folder, which only its user may enter.
    folder = Path(tempfile.mkdtemp(prefix="dizuo-postgresql-", dir="/tmp"))
    folder.chmod(0o755)
    server = Server(folder, programs)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
