// Serves `receive` of the module RECEIVER, over TLS if there is a CERTIFICATE. It writes the port, and each event that
// the module emits, to stderr as JSON of a name and a payload.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const { CERTIFICATE, KEY, RECEIVER } = process.env;
const { events, receive } = await import(RECEIVER);

const say = (name, payload) => process.stderr.write(`${JSON.stringify([name, payload])}\n`);
const emit = events.emit;
events.emit = function (name, payload) {
  say(name, payload);
  return emit.call(this, name, payload);
};

const server = CERTIFICATE
  ? https.createServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, receive)
  : http.createServer(receive);
server.listen(0, '127.0.0.1', () => say('port', server.address().port));
