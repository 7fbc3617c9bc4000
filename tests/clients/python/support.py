"""What the suites share: the app, the server library, and a client that notes what it hears."""

import base64
import itertools
import json
import logging
import os
import queue

import pusher
import pysher

# How long anything may take, in seconds. Generous: the tests share their machine with a compiler.
DEADLINE = 60

HOST = os.environ["PUSHER_HOST"]
PORT = int(os.environ["PUSHER_PORT"])
APP_ID = os.environ["PUSHER_APP_ID"]
KEY = os.environ["PUSHER_APP_KEY"]
SECRET = os.environ["PUSHER_APP_SECRET"]

_names = itertools.count()


def unique(name):
    """A name that no other test of this process uses."""
    return f"{name}-{next(_names)}"


def server(**overrides):
    """Pusher's server library, told where Clairon is."""
    master_key = base64.b64encode(b"clairon!" * 4).decode()
    options = dict(
        app_id=APP_ID,
        key=KEY,
        secret=SECRET,
        host=HOST,
        port=PORT,
        ssl=False,
        encryption_master_key_base64=master_key,
    )
    return pusher.Pusher(**{**options, **overrides})


class Heard:
    """What a client heard, in order, until the test takes it."""

    def __init__(self):
        self._events = queue.Queue()
        self._passed = []

    def note(self, event, channel, data):
        self._events.put((event, channel, json.loads(data) if isinstance(data, str) else data))

    def next(self, event, channel=None):
        """The data of the next `event` of `channel`, passing over all others."""
        while True:
            try:
                heard = self._events.get(timeout=DEADLINE)
            except queue.Empty:
                raise AssertionError(f"no {event} of {channel} within {DEADLINE} s; heard: {self._passed}") from None
            self._passed.append(heard)
            if heard[:2] == (event, channel):
                return heard[2]


class Client:
    """A Pysher client, connected, that signs its own subscriptions."""

    def __init__(self, test, user=None):
        self.heard = Heard()
        user_data = {"user_id": user, "user_info": {"name": f"The {user}"}} if user else None
        self.pysher = pysher.Pusher(
            KEY,
            custom_host=HOST,
            port=PORT,
            secure=False,
            secret=SECRET,
            user_data=user_data,
            log_level=logging.CRITICAL,
        )
        self._listen()
        # Its thread is a daemon, which nothing needs to wait for.
        test.addCleanup(self.pysher.disconnect, timeout=0)
        self.pysher.connect()
        self.heard.next("pusher:connection_established")

    @property
    def socket_id(self):
        return self.pysher.connection.socket_id

    def subscribe(self, name):
        """Subscribes, and returns the data of the success."""
        self.pysher.subscribe(name)
        return self.heard.next("pusher_internal:subscription_succeeded", name)

    def send(self, event, data):
        self.pysher.connection.send_event(event, data)

    def _listen(self):
        # Channels can only be bound once their subscription is on its way, and its success may be faster.
        connection = self.pysher.connection
        connection.event_handler = lambda event, data, channel: self.heard.note(event, channel, data)
        for event in ("pusher:connection_established", "pusher:signin_success", "pusher:error"):
            connection.bind(event, lambda data, event=event: self.heard.note(event, None, data))
