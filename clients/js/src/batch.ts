/**
 * Authorization: answers for an earlier connection are thrown away, and with an endpoint for it the subscriptions of one
 * tick are authorized in one request.
 */

import type { Answer, AuthorizationRequest, Authorizer, Internals } from './internals.js';

/** Answers that mean that the endpoint does not exist. */
const NO_ENDPOINT = [404, 405];

export function authorizeChannels(pusher: Internals, endpoint?: string): void {
  const manager = pusher.connection;
  const isCurrent = ({ socketId }: AuthorizationRequest) => socketId === manager.socket_id;
  let authorizeOne: Authorizer;
  let waiting: [AuthorizationRequest, Answer][] = [];
  let exists = true;

  const request = async (channels: string[]): Promise<Record<string, unknown>> => {
    const settings = pusher.options.channelAuthorization ?? pusher.options.auth ?? {};
    const response = await fetch(endpoint!, {
      method: 'POST',
      headers: {
        ...settings.headers,
        ...settings.headersProvider?.(),
        'Content-Type': 'application/json',
        Accept: 'application/json',
      },
      body: JSON.stringify({
        ...settings.params,
        ...settings.paramsProvider?.(),
        socket_id: manager.socket_id,
        channels,
      }),
    });
    if (NO_ENDPOINT.includes(response.status)) exists = false;
    return response.ok ? (await response.json()).channels : {};
  };

  const authorizeAll = async () => {
    const batch = waiting.filter(([one]) => isCurrent(one));
    waiting = [];
    let answers: Record<string, unknown> = {};
    if (exists && batch.length > 1) {
      try {
        answers = await request(batch.map(([{ channelName }]) => channelName));
      } catch {
        // Each channel is asked for at the usual endpoint, which yields the usual error.
      }
    }
    for (const [one, answer] of batch) {
      const authorization = answers[one.channelName];
      if (authorization) answer(null, authorization);
      else if (isCurrent(one)) authorizeOne(one, answer);
    }
  };

  const authorize: Authorizer = (one, answer) => {
    // The next connection asks for all channels again. It would be refused with the answer for this one.
    const ifCurrent: Answer = (...result) => isCurrent(one) && answer(...result);
    if (!endpoint) authorizeOne(one, ifCurrent);
    else if (waiting.push([one, ifCurrent]) === 1) setTimeout(authorizeAll);
  };

  // `switchCluster` makes the settings anew, and connects again.
  manager.bind('state_change', ({ current }) => {
    if (current !== 'connected' || pusher.config.channelAuthorizer === authorize) return;
    authorizeOne = pusher.config.channelAuthorizer;
    pusher.config.channelAuthorizer = authorize;
  });
}
