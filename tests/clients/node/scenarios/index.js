import { channels } from './channels.js';
import { encrypted } from './encrypted.js';
import { leaving } from './leaving.js';
import { presence } from './presence.js';
import { privacy } from './privacy.js';
import { whispers } from './whispers.js';

/**
 * What a Laravel Echo page does, by name. Each scenario runs in Node and in a browser, on a `site` with
 * `echo(user)`, a new client, and `trigger(channels, event, data, except)`, a broadcast by the backend.
 */
export const scenarios = { ...channels, ...privacy, ...encrypted, ...presence, ...whispers, ...leaving };
