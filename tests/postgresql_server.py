"""A PostgreSQL of the tests' own, for every room that needs one."""

import contextlib
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
        # A journal in files of one megabyte, so that a limit on files can stop tables before it.
        small = ("--no-sync", "--wal-segsize=1")
        self.run("initdb", "-D", self.data, "-U", "dizuo", "-A", "trust", "-E", "UTF8", *small)
        self.start()

    def run(self, program, *arguments):
        self.as_owner(self.programs / program, *arguments)

    def as_owner(self, *command):
        if os.geteuid() == 0:
            owner = ("--reuid=postgres", "--regid=postgres", "--clear-groups")
            command = ("setpriv", *owner, *command)
        subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd=self.folder)

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=50"
        self.run("pg_ctl", "-D", self.data, "-l", self.log, "-o", options, "-w", "start")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def limit_files(self, most):
        """Let no process of the server write a file beyond so many bytes; None lifts the limit."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        made = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        limit = "unlimited" if most is None else most
        for one in (first, *made):
            with contextlib.suppress(subprocess.CalledProcessError):  # it has ended meanwhile
                self.as_owner("prlimit", "--pid", one, f"--fsize={limit}:")

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
