#!/usr/bin/env python3
"""Measures the latency of an innocent client while hostile ones are at work.

One process publishes 50 events a second and receives them as a subscriber; another makes the attack. Start a server
with the limits of the documentation, then:

    tests/hostile/latency.py --port 6001 --app-id 1 --key key --secret secret --pid PID

It prints a table: the median, 99th percentile and largest latency, events that were not received, and the memory of
the server. With --tls-port it also attacks a listener with TLS, and the innocent client uses TLS meanwhile; SSL_CERT_FILE
names the authority of a test certificate. With --proxy-port it attacks a listener that expects PROXY headers from others.
It needs Python, and openssl for the attack that renegotiates. Use it only against a server of your own.
"""

import argparse
import base64
import hashlib
import hmac
import json
import multiprocessing
import os
import socket
import ssl
import statistics
import struct
import subprocess
import time
import zlib

CONNECTIONS = 200


class Target:
    """The server and an app of it, as seen from a source address."""

    def __init__(self, options, source, port=None, tls=False):
        self.address, self.source = (options.host, port or options.port), source
        self.tls = ssl.create_default_context() if tls else None
        self.app_id, self.key, self.secret = options.app_id, options.key, options.secret

    def connect(self, receive_buffer=None):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(10)
        connection.bind((self.source, 0))
        connection.connect(self.address)
        return self.tls.wrap_socket(connection, server_hostname=self.address[0]) if self.tls else connection

    def sign(self, text):
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def request(self, path, body, secret=None):
        """A signed POST; with another secret a forged one."""
        body = json.dumps(body)
        md5 = hashlib.md5(body.encode()).hexdigest()
        query = f"auth_key={self.key}&auth_timestamp={int(time.time())}&auth_version=1.0&body_md5={md5}"
        path = f"/apps/{self.app_id}{path}"
        signed = f"POST\n{path}\n{query}"
        signature = hmac.new((secret or self.secret).encode(), signed.encode(), hashlib.sha256).hexdigest()
        head = f"POST {path}?{query}&auth_signature={signature} HTTP/1.1\r\nHost: h\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def handshake(self, key=None, headers=""):
        return (
            f"GET /app/{key or self.key}?protocol=7 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
            f"{headers}\r\n"
        ).encode()

    def open(self, receive_buffer=None, headers=""):
        """A WebSocket, and its socket id."""
        connection = self.connect(receive_buffer)
        connection.sendall(self.handshake(headers=headers))
        reader = Reader(connection)
        reader.until(b"\r\n\r\n")
        established = json.loads(reader.message())
        if established["event"] != "pusher:connection_established":
            raise ConnectionError(established)
        return connection, reader, json.loads(established["data"])["socket_id"]

    def subscribe(self, socket_id, channel, data=None):
        signed = f"{socket_id}:{channel}" + (f":{data}" if data else "")
        message = {"channel": channel, "auth": f"{self.key}:{self.sign(signed)}"}
        return event("pusher:subscribe", {**message, "channel_data": data} if data else message)


class Reader:
    """Reads frames."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def fill(self):
        more = self.connection.recv(65536)
        if not more:
            raise ConnectionError("the end")
        self.buffer += more

    def until(self, end):
        while end not in self.buffer:
            self.fill()
        text, self.buffer = self.buffer.split(end, 1)
        return text

    def take(self, size):
        while len(self.buffer) < size:
            self.fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def message(self):
        size = self.take(2)[1]
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return self.take(size).decode(errors="replace")


def frame(payload, first=0x81):
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else (
        struct.pack(">BH", 0xFE, size) if size < 65536 else struct.pack(">BQ", 0xFF, size))
    # A mask of zeros leaves the payload as it is.
    return bytes([first]) + length + b"\0\0\0\0" + payload


def event(name, data):
    return frame(json.dumps({"event": name, "data": data}).encode())


def again(attempt):
    """Repeats an attack, whose connections may be closed."""
    while True:
        try:
            attempt()
        except OSError:
            time.sleep(0.01)


def drip(target, text):
    """Many connections that send a byte at a time."""
    connections = []
    for at in range(1_000_000):
        while len(connections) < CONNECTIONS:
            connections.append(target.connect())
        for connection in list(connections):
            try:
                connection.send(text[at % len(text):][:1])
            except OSError:
                connections.remove(connection)
        time.sleep(0.01)


def slow_heads(target):
    again(lambda: drip(target, b"GET /up HTTP/1.1\r\nX: " + b"x" * 16_000))


def half_open_handshakes(target):
    again(lambda: drip(target, target.handshake()[:-4] + b"\r\nX: " + b"x" * 16_000))


def slow_bodies(target):
    body = {"name": "e", "channel": "c", "data": "x" * 9_000}

    def attempt():
        connections = [target.connect() for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.send(target.request("/events", body)[:1_000])
        for _ in range(500):
            for connection in connections:
                connection.send(b"x")
            time.sleep(0.01)

    again(attempt)


def connection_flood(target, headers=lambda: ""):
    def attempt():
        connection = target.connect()
        connection.sendall(target.handshake(headers=headers()))
        connection.recv(1_000)
        connection.close()

    again(attempt)


def forged_forwarding_headers(target):
    """Each connection claims another address."""
    def headers():
        forged = ".".join(str(byte) for byte in os.urandom(4))
        return f"X-Forwarded-For: {forged}\r\nForwarded: for={forged}\r\n"

    connection_flood(target, headers)


def proxy_headers_from_strangers(target):
    header = b"PROXY TCP4 192.0.2.66 192.0.2.2 56324 443\r\n"

    def attempt():
        connection = target.connect()
        connection.sendall(header + target.handshake())
        connection.recv(1_000)
        connection.close()

    again(attempt)


def client_hello():
    """The first message of a TLS client."""
    context = ssl.create_default_context()
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(received, sent, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()


def tls_handshakes_that_stop(target):
    """Clients that let the server sign its part of the handshake, and send nothing more."""
    hello, connections = client_hello(), []

    def attempt():
        connection = target.connect()
        connection.sendall(hello)
        connection.recv(100)
        connections.append(connection)
        if len(connections) > 500:
            connections.pop(0).close()

    again(attempt)


def tls_renegotiation(target):
    """Clients that renegotiate after the handshake. A line that contains only `R` makes openssl do that."""
    command = ["openssl", "s_client", "-tls1_2", "-connect", f"{target.address[0]}:{target.address[1]}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    while True:
        clients = [subprocess.Popen(command, stdin=subprocess.PIPE, **quiet) for _ in range(4)]
        for client in clients:
            client.communicate(b"R\n" * 10)


def silent_flood(target):
    connections = []

    def attempt():
        connections.append(target.connect())
        if len(connections) > 3_000:
            connections.pop(0).close()

    again(attempt)


def tls_hello_on_a_plain_port(target):
    def attempt():
        connection = target.connect()
        connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        connection.recv(100)

    again(attempt)


def signature_flood(target):
    forged = target.request("/events", {"name": "e", "channel": "c", "data": "{}"}, secret="wrong")
    connection = None

    def attempt():
        nonlocal connection
        if connection is None:
            connection = target.connect()
        try:
            connection.sendall(forged)
            if not connection.recv(4_096):
                connection = None
        except OSError:
            connection = None

    again(attempt)


def unknown_keys(target):
    def attempt():
        connection = target.connect()
        connection.sendall(target.handshake(key=os.urandom(8).hex()))
        connection.recv(1_000)
        connection.close()

    again(attempt)


def subscribe_flood(target):
    def attempt():
        connection, reader, _ = target.open()
        connection.setblocking(True)
        for number in range(100_000):
            channel = {"channel": f"unique-{number % 100}"}
            connection.sendall(event("pusher:subscribe", channel) + event("pusher:unsubscribe", channel))
            reader.message()

    again(attempt)


def snapshot_flood(target):
    """A member joins and leaves a presence channel of a hundred again and again."""
    members = []
    for number in range(99):
        connection, reader, socket_id = target.open()
        data = json.dumps({"user_id": str(number), "user_info": {"name": "n" * 100}})
        connection.sendall(target.subscribe(socket_id, "presence-room", data))
        reader.message()
        members.append(connection)

    def attempt():
        for member in members:
            member.setblocking(False)
        connection, reader, socket_id = target.open()
        connection.settimeout(60)
        join = target.subscribe(socket_id, "presence-room", json.dumps({"user_id": "hostile"}))
        while True:
            connection.sendall((join + event("pusher:unsubscribe", {"channel": "presence-room"})) * 10)
            for _ in range(10):
                reader.message()
            for member in members:
                try:
                    while len(member.recv(65536)) == 65536:
                        pass
                except OSError:
                    pass

    again(attempt)


def readers_that_stop(target):
    """Clients that ask for a remembered event again and again, and read nothing."""
    with target.connect() as connection:
        connection.sendall(target.request("/events", {"name": "e", "channel": "cache-c", "data": "x" * 9_000}))
        connection.recv(1_000)
    ask = (event("pusher:subscribe", {"channel": "cache-c"}) + event("pusher:unsubscribe", {"channel": "cache-c"})) * 50

    def attempt():
        connections = [target.open(receive_buffer=4_096)[0] for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.settimeout(0.001)
        for _ in range(100):
            for connection in connections:
                try:
                    connection.send(ask)
                except OSError:
                    pass

    again(attempt)


DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def compressed(text):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(payload.removesuffix(b"\0\0\xff\xff"), first=0xC1)


def compressed_bombs(target):
    bomb = compressed(b" " * 20_000_000)

    def attempt():
        connection, reader, _ = target.open(headers=DEFLATE)
        connection.sendall(bomb)
        reader.message()
        connection.close()

    again(attempt)


def compressed_messages_of_the_largest_size(target):
    """Messages of a kilobyte that are inflated to just what a message may have."""
    ping = compressed(b'{"event":"pusher:ping","data":{}}' + b" " * 940_000)

    def attempt():
        connections = [target.open(headers=DEFLATE) for _ in range(20)]
        while True:
            for connection, _, _ in connections:
                connection.setblocking(False)
                try:
                    connection.send(ping)
                    connection.recv(65536)
                except BlockingIOError:
                    pass
            time.sleep(0.001)

    again(attempt)


ATTACKS = [
    None, slow_heads, half_open_handshakes, slow_bodies, silent_flood, connection_flood, forged_forwarding_headers,
    tls_hello_on_a_plain_port, unknown_keys, signature_flood, subscribe_flood, snapshot_flood, readers_that_stop,
    compressed_bombs, compressed_messages_of_the_largest_size,
]
TLS_ATTACKS = [None, tls_handshakes_that_stop, tls_renegotiation]
PROXY_ATTACKS = [proxy_headers_from_strangers]


def measure(target, seconds):
    """The latencies of events, in milliseconds, and the number of those that were not received."""
    connection, reader, _ = target.open()
    connection.sendall(event("pusher:subscribe", {"channel": "innocent"}))
    reader.message()
    backend = target.connect()
    latencies, lost = [], 0
    for number in range(seconds * 50):
        began = time.perf_counter()
        backend.sendall(target.request("/events", {"name": "e", "channel": "innocent", "data": str(number)}))
        try:
            while json.loads(reader.message()).get("data") != str(number):
                pass
            latencies.append((time.perf_counter() - began) * 1_000)
        except OSError:
            lost += 1
        backend.recv(4_096)
        time.sleep(max(0, 0.02 - (time.perf_counter() - began)))
    return latencies, lost


def memory(pid):
    """The resident memory of a process, in MiB."""
    if not pid:
        return "-"
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return f"{int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6001)
    for name in ["--app-id", "--key", "--secret"]:
        parser.add_argument(name, required=True)
    parser.add_argument("--pid", type=int, help="the server's process, for its memory")
    parser.add_argument("--tls-port", type=int, help="a listener with TLS")
    parser.add_argument("--proxy-port", type=int, help="a listener that takes PROXY headers from other addresses")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", help="a part of an attack's name")
    options = parser.parse_args()
    # The limits of addresses hold for the attacker. Every address of the loopback network is one of this machine.
    source = "127.0.0.66" if options.host.startswith("127.") else ""
    innocent = Target(options, "")
    runs = [(attack, innocent, Target(options, source)) for attack in ATTACKS]
    if options.proxy_port:
        runs += [(attack, innocent, Target(options, source, options.proxy_port)) for attack in PROXY_ATTACKS]
    if options.tls_port:
        innocent = Target(options, "", options.tls_port, tls=True)
        runs += [(attack, innocent, Target(options, source, options.tls_port)) for attack in TLS_ATTACKS]
    print("| attack | median | 99th percentile | largest | lost | memory |\n|---|---|---|---|---|---|")
    for attack, innocent, attacker in runs:
        name = attack.__name__.replace("_", " ") if attack else "none, over TLS" if innocent.tls else "none"
        if options.only and options.only not in name:
            continue
        process = attack and multiprocessing.Process(target=attack, args=(attacker,), daemon=True)
        if process:
            process.start()
            time.sleep(2)
        latencies, lost = measure(innocent, options.seconds)
        rest = memory(options.pid)
        if process:
            process.kill()
            process.join()
        cuts = statistics.quantiles(latencies, n=100)
        print(f"| {name} | {cuts[49]:.1f} ms | {cuts[98]:.1f} ms | {max(latencies):.1f} ms | {lost} | {rest} MiB |", flush=True)


if __name__ == "__main__":
    main()
