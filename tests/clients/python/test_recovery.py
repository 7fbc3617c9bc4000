"""Pysher beside a subscriber that asks for recovery. The suite runs with an app that recovers events, and with one that
does not: Pysher gets the same bytes."""

import json
import os
import queue
import unittest
from pathlib import Path

import websocket

from support import DEADLINE, HOST, KEY, PORT, Client, server

RECOVERS = os.environ.get("CLAIRON_APP_RECOVERY") == "true"
MEMBER = {"user_id": "bob", "user_info": {"name": "The bob"}}


class Asker:
    """A subscriber that asks for recovery, over a plain WebSocket."""

    def __init__(self, test, name):
        self.socket = websocket.create_connection(f"ws://{HOST}:{PORT}/app/{KEY}?protocol=7", timeout=DEADLINE)
        test.addCleanup(self.socket.close)
        socket_id = json.loads(json.loads(self.socket.recv())["data"])["socket_id"]
        data = {"channel": name, "recover": True}
        if name.startswith(("private-", "presence-")):
            data |= server().authenticate(name, socket_id, MEMBER if name.startswith("presence-") else None)
        self.socket.send(json.dumps({"event": "pusher:subscribe", "data": data}))
        self.is_recovering = "recovery" in json.loads(json.loads(self.socket.recv())["data"])

    def next(self, event):
        """The next message with this event."""
        while True:
            message = json.loads(self.socket.recv())
            if message["event"] == event:
                return message


def frames_of(client):
    """The texts of all messages that a client gets from now on, but for answers to its pings."""
    frames = queue.Queue()
    app = client.pysher.connection.socket
    handle = app.on_message

    def on_message(socket, text):
        if '"pusher:pong"' not in text:
            frames.put(text)
        handle(socket, text)

    app.on_message = on_message
    return frames


class Recovery(unittest.TestCase):
    maxDiff = None

    def test_pysher_gets_the_same_bytes_beside_a_subscriber_that_recovers(self):
        client = Client(self, "bob")
        frames = frames_of(client)
        for name in ("news", "private-room", "presence-room", "cache-news", "private-cache-room"):
            name += "-bytes"
            asker = Asker(self, name)
            self.assertEqual(asker.is_recovering, RECOVERS)
            client.subscribe(name)
            server().trigger(name, "own", {}, client.socket_id)
            for event in ("App\\Events\\One", "two"):
                server().trigger(name, event, {"text": 'é "quoted"'})
                client.heard.next(event, name)
                self.assertEqual("seq" in asker.next(event), RECOVERS)
            client.pysher.unsubscribe(name)
        lines = [frames.get() for _ in range(frames.qsize())]
        snapshot = Path(__file__).with_name("pysher.frames.txt").read_text(encoding="utf-8")
        self.assertEqual(lines, snapshot.splitlines())
