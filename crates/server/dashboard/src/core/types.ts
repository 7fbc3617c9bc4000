/** The answers of the admin API that the pages read, as /admin/api/openapi.json describes them. */

/** The nodes that an answer covers. */
export type Scope = { nodes: 'all' } | { node: string };

export type ActivityKind =
  | 'connected'
  | 'disconnected'
  | 'connection_refused'
  | 'subscribed'
  | 'unsubscribed'
  | 'recovered'
  | 'not_recovered'
  | 'subscription_refused'
  | 'signed_in'
  | 'sign_in_refused'
  | 'event'
  | 'client_event'
  | 'direct_event'
  | 'client_event_refused'
  | 'message_refused'
  | 'request_refused'
  | 'webhook_delivered'
  | 'webhook_failed'
  | 'webhook_given_up'
  | 'missed';

export interface Activity {
  id?: number;
  time: string;
  kind: ActivityKind;
  app?: string;
  socket?: string;
  peer?: string;
  /** What a client that connects says of itself. */
  client?: ClientDetails;
  channel?: string;
  event?: string;
  request?: string;
  user?: string;
  webhook?: string;
  delivery?: string;
  code?: number;
  reason?: string;
  bytes?: number;
  receivers?: number;
  data?: string;
  /** True if the data contains a secret, which is hidden. */
  data_hidden?: boolean;
  /** The connection that an event leaves out. */
  except?: string;
  /** True for an event that came from another node. */
  relayed?: boolean;
  count?: number;
}

export interface ClientDetails {
  library?: string;
  origin?: string;
  user_agent?: string;
}

export interface Recorder {
  since: string | null;
  bytes: number;
  limit_bytes: number;
}

export interface Figures {
  connections: number;
  messages_per_second: number;
  api_calls_per_second: number;
  delivery_p99_milliseconds: number | null;
  refusals_last_minute: number;
}

export interface NodeState {
  node: string;
  this: boolean;
  ready: boolean;
  trouble: string | null;
  connections: number | null;
  version: string | null;
  seen_seconds_ago: number | null;
}

export type AppFigures = Figures & { id: string; name: string; enabled: boolean };

export interface Overview {
  time: string;
  scope: Scope;
  node: string;
  nodes: NodeState[];
  /** Those with most connections. */
  apps: AppFigures[];
  apps_total: number;
  /** The app that the request names. */
  app: AppFigures | null;
  totals: Figures;
}

export type Series = (number | null)[];

export interface History {
  step_seconds: number;
  until: string;
  scope: Scope;
  connections: Series;
  messages: Series;
  api_calls: Series;
  refusals: Series;
  delivery_p99_milliseconds: Series;
}

export interface StatisticsEntry {
  since: string;
  peak_connections: number;
  websocket_messages: number;
  api_messages: number;
}

/** The statistics of an app, or of all together. */
export interface Statistics {
  step_seconds: number;
  entries: StatisticsEntry[];
}

export interface Check {
  id: string;
  state: 'ok' | 'warning' | 'error';
  title: string;
  detail: string;
  advice: string | null;
  parameters: Record<string, unknown>;
}

export interface ChannelRow {
  name: string;
  subscriptions: number;
  users: number | null;
  cached: boolean;
}

export interface ChannelList {
  scope: Scope;
  total: number;
  channels: ChannelRow[];
  next: string | null;
}

export interface ChannelView {
  scope: Scope;
  name: string;
  kind: string;
  occupied: boolean;
  subscriptions: number;
  users: { user_id: string; user_info?: unknown }[];
  users_total?: number;
  cached_event: { event: string; data: string; expires_in_milliseconds: number } | null;
  subscribers: { scope: Scope; total: number; socket_ids: string[] };
}

export interface ConnectionRow {
  socket_id: string;
  peer: string;
  connected_at: string;
  user_id: string | null;
  /** True if it is signed in as this user; else the user is a member of one of its presence channels. */
  signed_in: boolean;
  /** What the client says of its library, such as `js 8.4.0`. */
  library: string | null;
  /** `null` if the connection does not answer. */
  channels: number | null;
  queued_bytes: number;
  queued_frames: number;
  /** How long it has taken none of what is being written. */
  blocked_milliseconds: number;
}

export interface ConnectionList {
  scope: Scope;
  total: number;
  connections: ConnectionRow[];
  next: string | null;
}

export type ConnectionView = Partial<ConnectionRow> & {
  scope: Scope;
  socket_id: string;
  connected?: boolean;
  channel_names?: string[];
  story: Activity[];
  recorder: Recorder;
};

export interface Why {
  verdict: string;
  answer: string;
  parameters: Record<string, unknown>;
  evidence: Activity[];
  recorder: Recorder;
  scope: Scope;
}

export interface KeyView {
  key: string;
  created_at: string;
  last_used_at: string | null;
  secret?: string;
}

export type FieldValue = string | number | boolean | string[];

/** An app in a list. */
export interface AppEntry {
  id: string;
  /** The newest key. */
  key: string;
  name: string;
  enabled: boolean;
}

export interface AppList {
  total: number;
  apps: AppEntry[];
  next: string | null;
}

/** An app: its settable fields by name, beside its id and its keys. */
export type AppView = {
  id: string;
  key: string;
  keys: KeyView[];
  name: string;
  enabled: boolean;
  secret?: string;
  allowed_origins: string[];
  client_messages: boolean;
} & Record<string, unknown>;

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  channels: string[];
  headers: Record<string, string>;
  secret?: string | null;
  enabled: boolean;
  declared: boolean;
  disabled_reason?: string;
}

export interface Attempt {
  id: number;
  webhook: string;
  delivery: string;
  replay_of: string | null;
  node: string;
  at: string;
  outcome: 'delivered' | 'retried' | 'given_up';
  status: number | null;
  latency_milliseconds: number;
  problem: string | null;
  next_at: string | null;
  events: Record<string, unknown>[];
}

export interface SampleResult {
  delivery: string;
  body: string;
  delivered: boolean;
  status: number | null;
  latency_milliseconds: number;
  answer: string;
}
