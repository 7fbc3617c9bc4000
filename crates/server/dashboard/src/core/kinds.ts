import { texts } from './locale';
import type { ActivityKind } from './types';

/** The groups by which a feed is filtered. */
export const GROUPS = {
  connections: ['connected', 'disconnected', 'signed_in'],
  subscriptions: ['subscribed', 'unsubscribed', 'recovered', 'not_recovered'],
  events: ['event', 'direct_event'],
  client_events: ['client_event'],
  refusals: [
    'connection_refused',
    'subscription_refused',
    'sign_in_refused',
    'client_event_refused',
    'message_refused',
    'request_refused',
  ],
  webhooks: ['webhook_delivered', 'webhook_failed', 'webhook_given_up'],
} satisfies Record<string, ActivityKind[]>;

export type Group = keyof typeof GROUPS;

export const groupNames = Object.keys(GROUPS) as Group[];

/** The tone in which a kind is shown. */
export function tone(kind: ActivityKind): 'plain' | 'accent' | 'good' | 'bad' | 'quiet' {
  if (kind.endsWith('_refused') || ['webhook_failed', 'webhook_given_up', 'not_recovered'].includes(kind)) return 'bad';
  if (['event', 'client_event', 'direct_event'].includes(kind)) return 'accent';
  if (['connected', 'subscribed', 'recovered', 'signed_in', 'webhook_delivered'].includes(kind)) return 'good';
  return 'quiet';
}

export const kindTexts = texts({
  en: {
    groups: {
      connections: 'Connections',
      subscriptions: 'Subscriptions',
      events: 'Events',
      client_events: 'Client events',
      refusals: 'Refusals',
      webhooks: 'Webhooks',
    } as Record<Group, string>,
    kinds: {
      connected: 'connected',
      disconnected: 'disconnected',
      connection_refused: 'connection refused',
      subscribed: 'subscribed',
      unsubscribed: 'unsubscribed',
      recovered: 'recovered',
      not_recovered: 'not recovered',
      subscription_refused: 'subscription refused',
      signed_in: 'signed in',
      sign_in_refused: 'sign-in refused',
      event: 'event',
      client_event: 'client event',
      direct_event: 'event to one alone',
      client_event_refused: 'client event refused',
      message_refused: 'message refused',
      request_refused: 'request refused',
      webhook_delivered: 'webhook delivered',
      webhook_failed: 'webhook failed',
      webhook_given_up: 'webhook given up',
      missed: 'left out',
    } as Record<ActivityKind, string>,
  },
  fr: {
    groups: {
      connections: 'Connexions',
      subscriptions: 'Abonnements',
      events: 'Événements',
      client_events: 'Événements clients',
      refusals: 'Refus',
      webhooks: 'Webhooks',
    },
    kinds: {
      connected: 'connecté',
      disconnected: 'déconnecté',
      connection_refused: 'connexion refusée',
      subscribed: 'abonné',
      unsubscribed: 'désabonné',
      recovered: 'rattrapé',
      not_recovered: 'non rattrapé',
      subscription_refused: 'abonnement refusé',
      signed_in: 'identifié',
      sign_in_refused: 'identification refusée',
      event: 'événement',
      client_event: 'événement client',
      direct_event: 'événement à une seule',
      client_event_refused: 'événement client refusé',
      message_refused: 'message refusé',
      request_refused: 'requête refusée',
      webhook_delivered: 'webhook livré',
      webhook_failed: 'webhook en échec',
      webhook_given_up: 'webhook abandonné',
      missed: 'omis',
    },
  },
});
