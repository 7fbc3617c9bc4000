"""Serves `application` of the file RECEIVER, over TLS if there is a CERTIFICATE.

It writes the port, and each event that the listeners get, to stderr as JSON of a name and a payload.
"""

import json
import os
import runpy
import ssl
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server


def say(name, payload):
    print(json.dumps([name, payload]), file=sys.stderr, flush=True)


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format, *arguments):
        pass


receiver = runpy.run_path(os.environ["RECEIVER"])
receiver["listeners"].append(lambda event: say(event["name"], event))
server = make_server("127.0.0.1", 0, receiver["application"], handler_class=QuietHandler)
if "CERTIFICATE" in os.environ:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
say("port", server.server_port)
server.serve_forever()
