"""
The first program of a run with a Python environment, inside its sandbox: `genesis_run.py -- COMMAND ARGUMENT...`

1. Unpacks the run's own code into the working folder, where it is given.
2. Where the run may track, relays 127.0.0.1 to the socket of the tracking server, adding the run's token, and sets
   MLFLOW_TRACKING_URI, so that existing code needs neither a network nor a secret.
3. Starts the command, passes signals on to it, and ends with its exit code (128 + n where signal n ended it).
4. Takes away what it unpacked and nobody changed, so that only results are left.

Standard library only; Python 3.9 or newer.
"""

import hashlib
import http.client
import http.server
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading

CODE = "/inputs/.genesis/code.tar"
SOCKET = "/run/genesis/tracking.sock"
TOKEN = "/inputs/.genesis/token"

# a header that belongs to one connection and not to what is sent through it (RFC 9110, 7.6.1)
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "expect", "host", "authorization",
}  # fmt: skip
PIECE = 256 * 1024
UPSTREAM_SECONDS = 600


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=UPSTREAM_SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Relay(http.server.BaseHTTPRequestHandler):
    """Passes each request on as it is, with the token, and the answer back. It keeps nothing and retries nothing."""

    protocol_version = "HTTP/1.1"
    # head and body leave together: nobody waits for an acknowledgement in between
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    socket_path = SOCKET
    token_path = TOKEN

    def log_message(self, *_words):
        """The log of the run is the run's own."""

    def body(self):
        """The body in pieces; its length, where it is known."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self.chunks(), None
        length = int(self.headers.get("Content-Length") or 0)
        return (self.pieces(length), length) if length > 0 else (None, 0)

    def pieces(self, length):
        while length > 0:
            piece = self.rfile.read(min(PIECE, length))
            if not piece:
                raise ConnectionError("the request broke off")
            length -= len(piece)
            yield piece

    def chunks(self):
        while True:
            length = int(self.rfile.readline(1024).split(b";")[0], 16)
            if length == 0:
                while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
                    pass
                return
            yield from self.pieces(length)
            self.rfile.readline(8)

    def relay(self):
        body, length = self.body()
        upstream = SocketConnection(self.socket_path)
        answered = False
        try:
            with open(self.token_path, encoding="utf-8") as file:
                token = file.read().strip()
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            upstream.putheader("Host", "localhost")
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP and name.lower() != "content-length":
                    upstream.putheader(name, value)
            upstream.putheader("Authorization", f"Bearer {token}")
            upstream.putheader("Connection", "close")
            if length is None:
                upstream.putheader("Transfer-Encoding", "chunked")
            elif body is not None or self.command in ("POST", "PUT", "PATCH"):
                upstream.putheader("Content-Length", str(length))
            upstream.endheaders(message_body=body, encode_chunked=length is None)
            answer = upstream.getresponse()
            answered = True
            self.answer(answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.close_connection = True
            if not answered:
                self.complain(error)
        finally:
            upstream.close()

    def answer(self, answer):
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        is_chunked = answer.length is None and self.command != "HEAD" and answer.status not in (204, 304)
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while self.command != "HEAD":
            piece = answer.read1(PIECE) if answer.length is None else answer.read(PIECE)
            if not piece:
                break
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")

    def complain(self, error):
        text = f"The tracking server cannot be reached: {type(error).__name__}\n".encode()
        try:
            self.send_response_only(502)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            pass  # who asked is gone

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = relay


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, _request, _address):
        """A client that went away is no news."""


def start_relay(socket_path=SOCKET, token_path=TOKEN):
    """The address to give to clients of the tracking server."""
    handler = type("RunRelay", (Relay,), {"socket_path": socket_path, "token_path": token_path})
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def hash_of(path):
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
        return digest.hexdigest()


def unpack(archive, folder):
    """Unpacks plain files, and says what each was: its path, its size, its SHA-256."""
    unpacked = []
    with tarfile.open(archive) as tar:
        for member in tar:
            path = os.path.normpath(os.path.join(folder, member.name))
            if not member.isfile() or not path.startswith(os.path.join(folder, "")):
                raise ValueError(f"{member.name} is no plain file within the folder")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as file:
                source = tar.extractfile(member)
                for piece in iter(lambda: source.read(1 << 20), b""):
                    file.write(piece)
            unpacked.append((path, member.size, hash_of(path)))
    return unpacked


def tidy(unpacked, folder):
    """Removes what is as it was unpacked, compiled Python, and folders that are empty then."""
    folders = set()
    for path, size, digest in unpacked:
        try:
            if not os.path.islink(path) and os.path.getsize(path) == size and hash_of(path) == digest:
                os.remove(path)
        except OSError:
            continue  # removed by the program, or no file any more
        at = os.path.dirname(path)
        while at.startswith(os.path.join(folder, "")):
            folders.add(at)
            at = os.path.dirname(at)
        folders.add(os.path.join(os.path.dirname(path), "__pycache__"))
    for at in sorted(folders, key=len, reverse=True):
        try:
            if os.path.basename(at) == "__pycache__":
                for name in os.listdir(at):
                    os.remove(os.path.join(at, name))
            os.rmdir(at)
        except OSError:
            continue  # not empty, or not there


def run(command, environment):
    """Runs a command to its end; the exit code by the convention of shells."""
    try:
        child = subprocess.Popen(command, env=environment)
    except FileNotFoundError:
        print(f"{command[0]}: there is no such program", file=sys.stderr)
        return 127
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 126
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda got, _frame: child.poll() is None and child.send_signal(got))
    code = child.wait()
    return 128 - code if code < 0 else code


def main(arguments):
    if arguments[:1] != ["--"] or len(arguments) < 2:
        print("usage: genesis_run.py -- COMMAND ARGUMENT...", file=sys.stderr)
        return 64
    folder = os.getcwd()
    environment = dict(os.environ)
    unpacked = unpack(CODE, folder) if os.path.exists(CODE) else []
    if os.path.exists(SOCKET):
        environment["MLFLOW_TRACKING_URI"] = start_relay()
    code = run(arguments[1:], environment)
    tidy(unpacked, folder)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
