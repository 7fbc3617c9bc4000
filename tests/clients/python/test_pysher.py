"""Pysher, a client of protocol 6 that acts on the code of every `pusher:error`."""

import unittest

from support import Client, server, unique


class Pysher(unittest.TestCase):
    def test_a_public_and_a_private_channel_are_heard(self):
        client = Client(self)
        for name in (unique("public"), unique("private-room")):
            with self.subTest(name):
                self.assertEqual(client.subscribe(name), {})
                server().trigger(name, "sent", {"to": name})
                self.assertEqual(client.heard.next("sent", name), {"to": name})

    def test_a_presence_channel_tells_who_comes_and_goes(self):
        name = unique("presence-room")
        alice, bob = Client(self, "alice"), Client(self, "bob")
        alice.subscribe(name)
        members = bob.subscribe(name)["presence"]
        self.assertEqual(sorted(members["ids"]), ["alice", "bob"])
        self.assertEqual(members["count"], 2)
        self.assertEqual(members["hash"]["alice"], {"name": "The alice"})

        added = alice.heard.next("pusher_internal:member_added", name)
        self.assertEqual(added, {"user_id": "bob", "user_info": {"name": "The bob"}})
        bob.pysher.unsubscribe(name)
        self.assertEqual(alice.heard.next("pusher_internal:member_removed", name), {"user_id": "bob"})

    def test_a_client_event_reaches_the_others(self):
        name = unique("presence-room")
        alice, bob = Client(self, "alice"), Client(self, "bob")
        for client in (alice, bob):
            client.subscribe(name)
        alice.pysher.channel(name).trigger("client-said", {"text": "hi"})
        self.assertEqual(bob.heard.next("client-said", name), {"text": "hi"})

    def test_a_refused_subscription_leaves_the_connection_alone(self):
        client = Client(self)
        socket_id = client.socket_id
        client.pysher.subscribe(unique("private-room"), auth="wrong:0")
        self.assertIsNone(client.heard.next("pusher:error")["code"])
        client.subscribe(unique("still-there"))
        self.assertEqual(client.socket_id, socket_id)
