"""The server library is refused, with an error of its own kind."""

import unittest

from pusher.errors import PusherBadAuth, PusherBadRequest, PusherBadStatus
from pusher.http import POST, Request

from support import APP_ID, server, unique


class Refusals(unittest.TestCase):
    def test_a_wrong_secret(self):
        with self.assertRaises(PusherBadAuth):
            server(secret="wrong").trigger("room", "sent", {})

    def test_an_unknown_key_on_a_query(self):
        with self.assertRaises(PusherBadAuth):
            server(key="wrong").channels_info()

    def test_user_count_of_a_public_channel(self):
        with self.assertRaises(PusherBadRequest):
            server().channel_info(unique("open"), ["user_count"])

    def test_users_of_a_public_channel(self):
        with self.assertRaises(PusherBadRequest):
            server().users_info(unique("open"))

    def test_data_past_the_limit(self):
        # The library itself stops at 30 KB, so its request is made here.
        library = server()._pusher_client
        event = {"name": "sent", "channels": ["room"], "data": "x" * 102_401}
        with self.assertRaisesRegex(PusherBadStatus, "^413: "):
            library.http.send_request(Request(library, POST, f"/apps/{APP_ID}/events", event))
