import Pusher from 'pusher';

import { app, host, port, tls } from './settings.js';

/** The site's backend: Pusher's own server library. `overrides` are its options. */
export function backendWith(overrides) {
  return new Pusher({
    appId: app.id,
    key: app.key,
    secret: app.secret,
    host,
    port,
    useTLS: tls,
    encryptionMasterKeyBase64: Buffer.alloc(32, 'clairon').toString('base64'),
    ...overrides,
  });
}

export const backend = backendWith({});

/** The JSON of an answer. */
export const json = async (answer) => (await answer).json();
