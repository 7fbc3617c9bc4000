/**
 * Recovery of missed events for pusher-js and Laravel Echo.
 *
 * The server numbers the events of a channel. When a page subscribes again, it states the last number, and gets the
 * events since, or learns that it cannot.
 */

import type Pusher from 'pusher-js';

import { authorizeChannels } from './batch.js';
import { type Emitter, internals, type Message, type Report } from './internals.js';
import { spreadReconnects } from './spread.js';

/** Events of a channel that the page did not get and will not get. */
export interface Missed {
  channel: string;
  /** `expired`, `epoch`, `limit`, `token`, `gap`, `unsupported`, `skipped`, or another reason of a later server. */
  reason: string;
}

export interface RecoveryOptions {
  /** Called when events are lost, after the subscription has succeeded: fetch anew what the channel shows. */
  onMissed?: (missed: Missed) => void;
  /** Called once, if the server's first answer shows that it does not recover events. */
  onUnsupported?: () => void;
  /** The URL of the site's backend that authorizes several channels in one request. */
  batchEndpoint?: string;
  /** Reconnects are delayed by a random time of up to so many seconds, so that not all pages come back at once. */
  spread?: number;
}

/** The property `recovery` of a client. */
export interface Recovery {
  /** True once the server has recovered a channel, false if it does not; undefined before its first answer. */
  supported?: boolean;
}

export type WithRecovery<P> = P & { recovery: Recovery };

/** The answer of the server to a subscription. */
interface Answer {
  token: string;
  seq: number;
  recovered?: boolean;
  reason?: string;
}

/** The position of the page in a channel. */
interface Position {
  token?: string | undefined;
  /** The number of the last event that the page got. */
  seq?: number;
  /** The answer for the channel of a user is awaited. The user's events that come before it will be sent again. */
  awaits?: boolean;
  /** The page was subscribed before. */
  known?: boolean;
}

/** An event of a log ends like this. */
const SEQ = /,"seq":(\d+)}$/;
const SOCKETS = 5;
const MISSED = 'clairon:missed';

/** Adds recovery to a client. Call it in the same tick as `new Pusher(…)`. */
export function recover<P extends Pusher>(client: P, options: RecoveryOptions = {}): WithRecovery<P> {
  const pusher = internals(client);
  const manager = pusher.connection;
  const recovery: Recovery = {};
  const positions = new WeakMap<object, Position>();
  const users: Record<string, object> = {};
  let sockets: string[] = [];
  let reads = false;
  let seq = 0;

  const isOfUser = (name: string) => name[0] === '#';

  /** The position in a channel. It is lost with the Channel object; that of a user's channel is made anew too often. */
  const positionIn = (name: string): Position | undefined => {
    const holder = isOfUser(name) ? (users[name] ??= {}) : pusher.channel(name);
    if (!holder) return;
    let position = positions.get(holder);
    if (!position) positions.set(holder, (position = {}));
    return position;
  };

  const tellMissed = (channel: string, reason: string) => {
    const missed = { channel, reason };
    const target: Emitter | undefined = isOfUser(channel) ? pusher.user : pusher.channel(channel);
    // A subscription that the page has cancelled ends with its answer.
    if (!target) return;
    for (const emitter of [target, pusher.global_emitter]) emitter.emit(MISSED, missed);
    options.onMissed?.(missed);
  };

  /** Takes an answer, or that there is none. Returns why events are missed, if they are. */
  const settle = (position: Position, answer?: Answer): string | undefined => {
    const { known } = position;
    position.awaits = false;
    position.known = true;
    position.token = answer?.token;
    if (answer) {
      recovery.supported = true;
      if (answer.recovered) return;
      position.seq = answer.seq;
    } else if (recovery.supported === undefined) {
      recovery.supported = false;
      options.onUnsupported?.();
    }
    // A page that was subscribed, but could not say since when, has missed what came before.
    return answer?.reason ?? (known ? 'unsupported' : undefined);
  };

  const report: Report = (event, frame) => {
    if (event === 'message') seq = +(SEQ.exec(String(frame?.data).slice(-24))?.[1] ?? 0);
  };

  manager.bind('state_change', ({ current }) => {
    if (current !== 'connected') return;
    const transport = manager.connection?.transport;
    reads = !!transport?.bind_global;
    transport?.bind_global?.(report);
    sockets = [...sockets, manager.socket_id].slice(-SOCKETS);
    // A connection gets its user's events from the sign-in on, before it subscribes.
    for (const name in users) {
      const position = positionIn(name)!;
      position.awaits = !!position.token;
    }
  });

  const send = pusher.send_event;
  pusher.send_event = (event, data, channel) => {
    const position = event === 'pusher:subscribe' && reads ? positionIn(data.channel as string) : undefined;
    if (position) {
      const { token } = position;
      data = { ...data, recover: token ? { token, seq: position.seq, sockets } : true };
    }
    return send.call(pusher, event, data, channel);
  };

  const emit = manager.emit;
  manager.emit = (event, data, metadata) => {
    const message = data as Message;
    const number = seq;
    let missed: string | undefined;
    const position = event === 'message' && message.channel ? positionIn(message.channel) : undefined;
    if (position) {
      seq = 0;
      if (number) {
        // A position that is not yet answered has no number. Events of an earlier subscription are then on their way,
        // which are new to the page.
        if (number <= position.seq!) return manager;
        // No server should leave an event out. If one does, the page learns it.
        if (number > position.seq! + 1) tellMissed(message.channel!, 'skipped');
        position.seq = number;
      } else if (message.event === 'pusher_internal:subscription_succeeded') {
        missed = settle(position, (message.data as { recovery?: Answer } | undefined)?.recovery);
      } else if (message.event === 'pusher_internal:recovery') {
        missed = settle(position, message.data as Answer);
      } else if (position.awaits) {
        if (message.event === 'pusher:subscription_error') missed = settle(position);
        else if (!message.event.startsWith('pusher:')) return manager;
      }
    }
    try {
      emit.call(manager, event, data, metadata);
    } finally {
      if (missed) tellMissed(message.channel!, missed);
    }
    return manager;
  };

  authorizeChannels(pusher, options.batchEndpoint);
  if (options.spread) spreadReconnects(manager, options.spread);
  return Object.assign(client, { recovery });
}

/** The class with recovery in each of its clients, for Echo's option `Pusher` or `window.Pusher`. */
export function withRecovery<C extends new (...args: any[]) => Pusher>(
  Class: C,
  options?: RecoveryOptions,
): C & (new (...args: ConstructorParameters<C>) => WithRecovery<InstanceType<C>>) {
  return class extends Class {
    constructor(...args: any[]) {
      super(...args);
      recover(this, options);
    }
  } as never;
}
