/**
 * The parts of pusher-js that its types keep private. All exist from version 8.3 on. Where one is missing at run time,
 * no recovery is asked for.
 */

import type Pusher from 'pusher-js';

/** A message as pusher-js gives it to its channels. */
export interface Message {
  event: string;
  channel?: string;
  data?: unknown;
}

/** The text of a message, and whatever else a transport reports. */
export type Report = (event: string, report?: { data?: unknown }) => void;

export interface Emitter {
  emit(event: string, data?: unknown, metadata?: unknown): unknown;
}

export interface Manager extends Emitter {
  state: string;
  socket_id: string;
  connection: { transport?: { bind_global?: (report: Report) => void } } | null;
  bind(event: string, callback: (change: { current: string }) => void): unknown;
  retryIn(delay: number): void;
  clearRetryTimer(): void;
  updateState(state: string): void;
}

export interface AuthorizationRequest {
  socketId: string;
  channelName: string;
}

export type Answer = (error: Error | null, authorization: unknown) => unknown;

export type Authorizer = (request: AuthorizationRequest, answer: Answer) => void;

/** The options of pusher-js with which channels are authorized, in their two forms. */
export interface AuthorizationSettings {
  headers?: Record<string, string>;
  params?: Record<string, unknown>;
  headersProvider?: () => Record<string, string>;
  paramsProvider?: () => Record<string, unknown>;
}

export interface Internals {
  connection: Manager;
  config: { channelAuthorizer: Authorizer };
  options: { channelAuthorization?: AuthorizationSettings; auth?: AuthorizationSettings };
  user: Emitter;
  global_emitter: Emitter;
  channel(name: string): Emitter | undefined;
  send_event(event: string, data: Record<string, unknown>, channel?: string): boolean;
}

export const internals = (pusher: Pusher): Internals => pusher as unknown as Internals;
