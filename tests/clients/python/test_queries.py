"""The server library asks."""

import unittest

from support import Client, server, unique


class Queries(unittest.TestCase):
    def setUp(self):
        self.server = server()

    def test_channels_are_listed_by_prefix(self):
        name = unique("listed")
        Client(self).subscribe(name)
        self.assertEqual(self.server.channels_info(name), {"channels": {name: {}}})
        self.assertEqual(self.server.channels_info(unique("nothing")), {"channels": {}})

    def test_presence_channels_are_listed_with_their_users(self):
        name = unique("presence-listed")
        for user in ("alice", "alice", "bob"):
            Client(self, user).subscribe(name)
        self.assertEqual(self.server.channels_info(name, ["user_count"]), {"channels": {name: {"user_count": 2}}})

    def test_a_channel_tells_what_is_asked(self):
        name = unique("presence-room")
        self.assertEqual(self.server.channel_info(name), {"occupied": False})
        for _ in range(2):
            Client(self, "alice").subscribe(name)
        self.assertEqual(
            self.server.channel_info(name, ["user_count", "subscription_count"]),
            {"occupied": True, "user_count": 1, "subscription_count": 2},
        )

    def test_users_are_listed_once(self):
        name = unique("presence-room")
        self.assertEqual(self.server.users_info(name), {"users": []})
        for user in ("alice", "alice", "bob"):
            Client(self, user).subscribe(name)
        users = self.server.users_info(name)["users"]
        self.assertEqual(sorted(user["id"] for user in users), ["alice", "bob"])
