import { awaited } from './heard.js';

/** Resolves with the Echo channel once the server has agreed to its subscription. */
export function subscribed(channel) {
  return awaited(
    () => `subscription to ${channel.name}`,
    (resolve) => channel.subscribed(() => resolve(channel)),
  );
}

/** Resolves with what a refused channel is told. */
export function refused(channel) {
  return awaited(
    () => `refusal of ${channel.name}`,
    (resolve) => channel.error(resolve),
  );
}

/** Resolves with the members that a presence channel starts with. */
export function here(channel) {
  return awaited(
    () => `members of ${channel.name}`,
    (resolve) => channel.here(resolve),
  );
}
