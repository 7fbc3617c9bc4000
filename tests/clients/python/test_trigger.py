"""The server library publishes."""

import base64
import json
import unittest

import nacl.secret

from support import Client, server, unique


class Trigger(unittest.TestCase):
    def setUp(self):
        self.server = server()

    def test_an_event_reaches_each_of_its_channels(self):
        names = [unique("first"), unique("second")]
        client = Client(self)
        for name in names:
            client.subscribe(name)
        self.assertEqual(self.server.trigger(names, "sent", {"text": "naïve 😀"}), {})
        for name in names:
            self.assertEqual(client.heard.next("sent", name), {"text": "naïve 😀"})

    def test_an_event_name_is_as_long_as_the_library_lets_it_be(self):
        name = unique("room")
        client = Client(self)
        client.subscribe(name)
        for event in ("日" * 200, "😀" * 200):
            self.server.trigger(name, event, {"count": 1})
            self.assertEqual(client.heard.next(event, name), {"count": 1})

    def test_socket_id_leaves_out_one_connection(self):
        name = unique("room")
        me, other = Client(self), Client(self)
        for client in (me, other):
            client.subscribe(name)
        self.server.trigger(name, "sent", {"count": 1}, me.socket_id)
        self.server.trigger(name, "sent", {"count": 2})
        self.assertEqual(other.heard.next("sent", name), {"count": 1})
        self.assertEqual(me.heard.next("sent", name), {"count": 2})

    def test_a_batch_reaches_its_channels(self):
        name = unique("room")
        client = Client(self)
        client.subscribe(name)
        batch = [{"channel": name, "name": "sent", "data": {"count": count}} for count in range(10)]
        self.assertEqual(self.server.trigger_batch(batch), {})
        for count in range(10):
            self.assertEqual(client.heard.next("sent", name), {"count": count})

    def test_an_encrypted_event_is_carried_sealed(self):
        name = unique("private-encrypted-letters")
        client = Client(self)
        client.subscribe(name)
        self.server.trigger(name, "letter", {"text": "psst"})
        sealed = client.heard.next("letter", name)
        auth = self.server.authenticate(name, client.socket_id)
        box = nacl.secret.SecretBox(base64.b64decode(auth["shared_secret"]))
        ciphertext, nonce = (base64.b64decode(sealed[part]) for part in ("ciphertext", "nonce"))
        self.assertEqual(json.loads(box.decrypt(ciphertext, nonce)), {"text": "psst"})
