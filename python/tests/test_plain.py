"""What needs the standard library only: operations, lists, search, requests, errors, and where the token goes."""

import json
import os
import tempfile
import threading
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest.mock import patch

from genesis_client import Client, GenesisError
from genesis_client._connection import resolve

from .world import client, world


class Operations(unittest.TestCase):
    def test_operations_answer_as_the_interface_does(self) -> None:
        owner = client("owner")
        self.assertEqual(owner.get_me()["id"], world["ids"]["owner"])
        self.assertEqual(owner.get_dataset(world["table"]["dataset"])["dataset"]["name"], "zirconolite")
        self.assertIn("discoverability", str(client("steward").get_datasets_card(world["guarded"])))

    def test_pages_gives_every_item_once(self) -> None:
        owner = client("owner")
        ids = [one["id"] for one in owner.pages("/v1/datasets", limit=2)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 2)
        self.assertEqual(set(ids), {one["id"] for one in owner.pages("/v1/datasets")})
        self.assertLessEqual({world["table"]["dataset"], world["tree"]["dataset"]}, set(ids))

    def test_search_finds_and_filters(self) -> None:
        owner = client("owner")
        self.assertEqual([hit["id"] for hit in owner.search("zirconolite")], [world["table"]["dataset"]])
        self.assertEqual(list(owner.search("nothing-is-called-so")), [])
        every = {hit["id"] for hit in owner.search(limit=1)}
        self.assertLessEqual({world["table"]["dataset"], world["tree"]["dataset"]}, every)
        both = [hit["id"] for hit in owner.search("zirconolite", allows=["train", "infer"])]
        self.assertEqual(both, [world["table"]["dataset"]])

    def test_a_request_reaches_the_steward(self) -> None:
        made = client("colleague").request_access(world["guarded"], ["train"], "A surrogate.", days=7)
        seen = client("steward").get_access_request(made["id"])
        self.assertEqual((seen["dataset"], seen["purposes"], seen["days"]), (world["guarded"], ["explore", "train"], 7))
        self.assertEqual(seen["reason"], "A surrogate.")


class Errors(unittest.TestCase):
    def raised(self, work) -> GenesisError:  # type: ignore[no-untyped-def]
        with self.assertRaises(GenesisError) as caught:
            work()
        return caught.exception

    def test_a_bad_request_names_its_fields(self) -> None:
        error = self.raised(lambda: client("colleague").request_access(world["guarded"], ["sell"], "x", days=0))
        self.assertEqual((error.status, error.code), (400, "invalid-input"))
        self.assertTrue({"body.days", "body.purposes.0"} <= {one["field"] for one in error.problems}, error.problems)
        self.assertIn("days", str(error))

    def test_a_denial_says_what_is_needed(self) -> None:
        error = self.raised(lambda: client("colleague").put_datasets_card(world["table"]["dataset"], body={"card": world["card"]}))
        self.assertEqual((error.status, error.code), (403, "denied"))
        self.assertTrue(error.needed)

    def test_what_is_hidden_is_not_found(self) -> None:
        outsider = client("outsider")
        hidden = self.raised(lambda: outsider.latest(world["guarded"]))
        unknown = self.raised(lambda: outsider.latest("dst_" + "0" * 26))
        self.assertEqual((hidden.status, hidden.code, str(hidden)), (unknown.status, unknown.code, str(unknown)))
        self.assertEqual(hidden.code, "not-found")
        self.assertNotIn(world["guarded"], [hit["id"] for hit in outsider.search()])

    def test_a_wrong_token(self) -> None:
        error = self.raised(lambda: Client(world["url"], "wrong").get_me())
        self.assertEqual((error.status, error.code), (401, "unauthenticated"))

    def test_no_server(self) -> None:
        with self.assertRaises(ConnectionError):
            Client("http://127.0.0.1:9", "t").get_me()


@contextmanager
def answering(answer) -> Iterator[tuple[str, list[dict[str, str]]]]:  # type: ignore[no-untyped-def]
    """A server that answers each request as `answer(handler)` does, and keeps the headers that it was sent."""
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got.append({key.lower(): value for key, value in self.headers.items()})
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()


class TheToken(unittest.TestCase):
    def test_no_redirect_is_followed(self) -> None:
        def fine(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()

        with answering(fine) as (other, taken):
            for status in (301, 302, 303, 307, 308):

                def away(handler: BaseHTTPRequestHandler, status: int = status) -> None:
                    handler.send_response(status)
                    handler.send_header("location", f"{other}/v1/me")
                    handler.end_headers()

                with answering(away) as (url, got):
                    with self.assertRaises(GenesisError) as caught:
                        Client(url, "secret").get_me()
                    self.assertEqual(caught.exception.status, status)
                    self.assertEqual(got[0]["authorization"], "Bearer secret")
            self.assertEqual(taken, [])

    def test_an_answer_that_breaks_off_is_no_answer(self) -> None:
        def half(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("content-length", "100")
            handler.end_headers()
            handler.wfile.write(b"{")

        with answering(half) as (url, _), self.assertRaises(ConnectionError):
            Client(url, "t").get_me()

    def test_a_server_that_is_silent_is_given_up(self) -> None:
        silent = threading.Event()
        with answering(lambda _: silent.wait(5)) as (url, _):
            with self.assertRaises(ConnectionError):
                Client(url, "t", timeout=0.2).get_me()
            silent.set()


class Credentials(unittest.TestCase):
    """The cases of the `genesis` command, of which `expected` is what it says."""

    def test_as_the_command_has_them(self) -> None:
        for case in world["credentials"]:
            with self.subTest(case["name"]), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "genesis" / "credentials.json"
                path.parent.mkdir()
                if case["stored"] is not None:
                    path.write_text(case["stored"])
                env = {"XDG_CONFIG_HOME": folder, **case["env"]}
                named = path if case["named"] else None
                with patch.dict(os.environ, env, clear=True):
                    if case["expected"] is None:
                        with self.assertRaises((ValueError, OSError)):
                            resolve(case["url"], case["token"], named)
                        continue
                    url, token = resolve(case["url"], case["token"], named)
                self.assertEqual(json.dumps([url, token]), json.dumps(case["expected"]))


if __name__ == "__main__":
    unittest.main()
