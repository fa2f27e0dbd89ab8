"""Where deliveries may go, and how they get there: real sockets on loopback."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.webhooks.target import Target, send


def serve(handler):
    """Answer on loopback until the test ends its thread."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    return server, thread


class Recorder(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came = (self.path, self.headers["Host"], self.headers["webhook-id"], body)
        self.send_response(307 if self.path == "/moved" else 204)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        return


@pytest.fixture
def receiver():
    server, thread = serve(Recorder)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1",
     "::ffff:127.0.0.1", "2002:7f00:1::", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_no_address_that_is_not_public_is_reached(address):
    answer = send(Target("https://hook.example/x"), {}, b"", 1, lookup=lambda *_: [address])
    assert answer.status is None
    assert "which is not public" in answer.problem


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    found = ["93.184.215.14", "127.0.0.1"]
    answer = send(Target("https://hook.example/x"), {}, b"", 1, lookup=lambda *_: found)
    assert "127.0.0.1, which is not public" in answer.problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://hook.example/x", "http or https"),
        ("https:///x", "http or https"),
        ("http://hook.example/x", "reached by https"),
        ("https://me:secret@hook.example/x", "no account"),
        ("https://hook.example/x#y", "no fragment"),
        ("https://hook.example:port/x", "no address"),
        ("https://[::1/x", "no address"),
        ("https://hook.example/a b", "plain ASCII"),
        ("https://hook.example/\r\nX: y", "plain ASCII"),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url, problem):
    with pytest.raises(InputError, match=problem):
        Target(url)


def test_a_private_receiver_is_reached_where_that_is_allowed(receiver):
    url = f"http://hook.example:{receiver.server_port}/a?b=c"
    answer = send(
        Target(url, private=True), {"webhook-id": "msg_1"}, b"{}", 5,
        lookup=lambda *_: ["127.0.0.1"],
    )  # fmt: skip
    assert (answer.status, answer.problem, answer.taken) == (204, None, True)
    host = f"hook.example:{receiver.server_port}"
    assert receiver.came == ("/a?b=c", host, "msg_1", b"{}")


def test_the_name_is_looked_up_once_so_it_cannot_point_elsewhere_a_moment_later(receiver):
    asked = []

    def lookup(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    url = f"http://hook.example:{receiver.server_port}/"
    assert send(Target(url, private=True), {}, b"", 5, lookup).taken
    assert asked == [("hook.example", receiver.server_port)]


def test_a_redirect_is_not_followed(receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/moved"
    answer = send(Target(url, private=True), {}, b"", 5)
    assert (answer.status, answer.taken) == (307, False)


def test_a_receiver_that_drips_is_cut_off():
    """Each byte comes in time, the whole never does."""
    place = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip():
        connection, _ = place.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    begun = time.monotonic()
    url = f"http://127.0.0.1:{place.getsockname()[1]}/"
    answer = send(Target(url, private=True), {}, b"", 0.5)
    stop.set()
    thread.join()
    place.close()
    assert not answer.taken
    assert time.monotonic() - begun < 20


def test_who_does_not_listen_or_is_not_known_is_an_answer_too():
    place = socket.create_server(("127.0.0.1", 0))
    port = place.getsockname()[1]
    place.close()
    assert "Refused" in send(Target(f"http://127.0.0.1:{port}/", private=True), {}, b"", 5).problem

    def unknown(*_):
        raise socket.gaierror("no such name")

    answer = send(Target("https://hook.example/"), {}, b"", 5, lookup=unknown)
    assert "the name was not found" in answer.problem


def test_a_certificate_that_nobody_vouches_for_is_refused(receiver):
    url = f"https://127.0.0.1:{receiver.server_port}/"
    assert "SSL" in send(Target(url, private=True), {}, b"", 5).problem
