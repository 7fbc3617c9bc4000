"""The server library signs for channels and users."""

import unittest

from support import Client, server, unique


class Authentication(unittest.TestCase):
    def setUp(self):
        self.server = server()

    def subscribe(self, client, name, auth):
        data = {key: auth[key] for key in ("auth", "channel_data") if key in auth}
        client.send("pusher:subscribe", {"channel": name, **data})

    def sign_in(self, client, user):
        client.send("pusher:signin", self.server.authenticate_user(client.socket_id, {"id": user}))
        client.heard.next("pusher:signin_success")

    def test_authenticate_opens_private_and_presence_channels(self):
        client = Client(self)
        for name, member in (
            (unique("private-room"), None),
            (unique("private-encrypted-room"), None),
            (unique("presence-room"), {"user_id": "alice", "user_info": {"name": "Ålice"}}),
            (unique("presence-number"), {"user_id": 7}),
        ):
            with self.subTest(name):
                self.subscribe(client, name, self.server.authenticate(name, client.socket_id, member))
                client.heard.next("pusher_internal:subscription_succeeded", name)

    def test_another_secret_opens_nothing(self):
        client = Client(self)
        name = unique("private-room")
        self.subscribe(client, name, server(secret="wrong").authenticate(name, client.socket_id))
        self.assertEqual(client.heard.next("pusher:subscription_error", name)["type"], "AuthError")
        client.subscribe(unique("still-there"))

    def test_a_signed_in_user_hears_what_is_sent_to_the_user(self):
        user = unique("alice")
        client = Client(self)
        self.sign_in(client, user)
        client.pysher.subscribe(f"#server-to-user-{user}", auth="")
        client.heard.next("pusher_internal:subscription_succeeded", f"#server-to-user-{user}")
        self.server.send_to_user(user, "greeting", {"text": "hello"})
        self.assertEqual(client.heard.next("greeting", f"#server-to-user-{user}"), {"text": "hello"})

    def test_a_terminated_user_is_told_4009(self):
        # The library takes no other characters in an id, and puts them into the path as they are.
        for end in ("", "_-=@,.;z"):
            user = unique("alice") + end
            with self.subTest(user):
                client = Client(self)
                self.sign_in(client, user)
                self.assertEqual(self.server.terminate_user_connections(user), {})
                self.assertEqual(client.heard.next("pusher:error")["code"], 4009)
