"""Fetching extracts, from a small server on this machine."""

import hashlib
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dizuo.base.download import download, download_box
from dizuo.model.errors import InputError

CONTENT = bytes(range(256)) * 4000


class Handler(BaseHTTPRequestHandler):
    """Serves an index, an extract with its sum, and Overpass answers; fails on demand."""

    def do_GET(self):
        state = self.server.state
        state["asked"].append((self.path, self.headers.get("Range")))
        if self.path == "/index.json":
            self.answer(json.dumps(state["index"]).encode())
        elif self.path == "/monaco-latest.osm.pbf.md5" and state["md5"]:
            self.answer(f"{state['md5']}  monaco-latest.osm.pbf\n".encode())
        elif self.path == "/monaco-latest.osm.pbf":
            self.send_extract(state)
        else:
            self.send_error(404)

    def do_POST(self):
        state = self.server.state
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        state["asked"].append((self.path, urllib.parse.parse_qs(body)["data"][0]))
        if state["busy"]:
            self.send_error(429)
        else:
            self.answer(state["answer"])

    def answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_extract(self, state):
        first = 0
        asked = self.headers.get("Range")
        if asked and state["ranges"] and self.headers.get("If-Range") == state["tag"]:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
        else:
            self.send_response(200)
        content = CONTENT[first:]
        if state["length"]:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", state["tag"])
        self.end_headers()
        cut, state["cut"] = state["cut"], None
        self.wfile.write(content[:cut])

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    server.state = {
        "asked": [], "cut": None, "ranges": True, "tag": '"v1"', "busy": False, "length": True,
        "md5": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
        "answer": b"<osm></osm>\n",
        "index": {"features": [
            {"properties": {"id": "monaco", "name": "Monaco",
                            "urls": {"pbf": f"{address}/monaco-latest.osm.pbf"}}},
            {"properties": {"id": "europe", "name": "Europe", "urls": {}}},
        ]},
    }  # fmt: skip
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.address = address
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(server, folder, place="Monaco", **arguments):
    return download(place, folder, endpoint=f"{server.address}/index.json", **arguments)


def paths(server):
    return [path for path, _ in server.state["asked"]]


def test_a_region_is_fetched_by_name_checked_and_not_fetched_twice(server, tmp_path):
    shares = []
    file = fetch(
        server, tmp_path / "new", progress=lambda name, share: shares.append((name, share))
    )
    assert file == tmp_path / "new" / "monaco-latest.osm.pbf"
    assert file.read_bytes() == CONTENT
    assert shares[-1] == ("monaco-latest.osm.pbf", 1.0)
    assert [share for _, share in shares] == sorted(share for _, share in shares)
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    server.state["asked"].clear()
    assert fetch(server, tmp_path / "new", "monaco") == file
    assert "/monaco-latest.osm.pbf" not in paths(server)


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(server, tmp_path):
    server.state["cut"] = 300_000
    with pytest.raises(InputError, match="cut off after 300000 of 1024000 bytes") as caught:
        fetch(server, tmp_path)
    assert "goes on" in caught.value.cure
    assert not (tmp_path / "monaco-latest.osm.pbf").exists()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert ("/monaco-latest.osm.pbf", "bytes=300000-") in server.state["asked"]


@pytest.mark.parametrize("change", [{"tag": '"v2"'}, {"ranges": False}])
def test_what_changed_or_cannot_be_continued_is_fetched_from_the_start(server, tmp_path, change):
    server.state["cut"] = 1000
    with pytest.raises(InputError):
        fetch(server, tmp_path)
    server.state.update(change)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_weak_validator_is_not_relied_upon(server, tmp_path):
    server.state.update(cut=1000, tag='W/"v1"')
    with pytest.raises(InputError):
        fetch(server, tmp_path)
    server.state["asked"].clear()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert ("/monaco-latest.osm.pbf", None) in server.state["asked"]


def test_a_wrong_sum_throws_the_file_away(server, tmp_path):
    server.state["md5"] = "0" * 32
    with pytest.raises(InputError, match="MD5 sum differs"):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_sum_or_a_length_the_file_is_taken_as_it_comes(server, tmp_path):
    server.state.update(md5=None, length=False)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_unknown_regions_get_a_suggestion(server, tmp_path):
    with pytest.raises(InputError, match="no extract of 'Monako'") as caught:
        fetch(server, tmp_path, "Monako")
    assert "Did you mean 'monaco'" in caught.value.cure
    with pytest.raises(InputError, match="no extract of 'Europe'"):
        fetch(server, tmp_path, "Europe")
    with pytest.raises(InputError, match="Name a larger region"):
        fetch(server, tmp_path, "Xyzzy")


def test_an_index_that_is_none_is_told(server, tmp_path):
    server.state["index"] = {"regions": []}
    with pytest.raises(InputError, match="not as expected"):
        fetch(server, tmp_path)
    with pytest.raises(InputError, match="answers 404"):
        download("Monaco", tmp_path, endpoint=f"{server.address}/nothing")
    with pytest.raises(InputError, match="index cannot be read"):
        download("Monaco", tmp_path, endpoint=f"{server.address}/monaco-latest.osm.pbf.md5")


def test_without_a_connection_the_cure_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no connection") as caught:
        download("Monaco", tmp_path, endpoint="http://127.0.0.1:9/index.json")
    assert "--osm" in caught.value.cure
    with pytest.raises(InputError, match="no web address"):
        download("Monaco", tmp_path, endpoint="file:///etc/passwd")
    assert list(tmp_path.iterdir()) == []


def test_a_box_is_fetched_from_overpass(server, tmp_path):
    file = download_box(
        (7.4, 43.7, 7.5, 43.8), tmp_path / "a.osm", endpoint=server.address + "/api"
    )
    assert file.read_bytes() == b"<osm></osm>\n"
    (asked,) = server.state["asked"]
    assert "(nwr(43.7,7.4,43.8,7.5);>;);" in asked[1]
    assert [each.name for each in tmp_path.iterdir()] == ["a.osm"]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"answer": b"<osm>half"}, "did not send all"),
        ({"busy": True}, "answers 429"),
    ],
)
def test_boxes_that_do_not_arrive_leave_nothing(server, tmp_path, state, problem):
    server.state.update(state)
    with pytest.raises(InputError, match=problem):
        download_box((7.4, 43.7, 7.5, 43.8), tmp_path / "a.osm", endpoint=server.address + "/api")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("box", [(8, 43, 7, 44), (7, 44, 8, 43), (7, 43, 7, 44), (0, 0, 200, 1)])
def test_a_box_must_be_one(tmp_path, box):
    with pytest.raises(InputError, match="is no box"):
        download_box(box, tmp_path / "a.osm")
