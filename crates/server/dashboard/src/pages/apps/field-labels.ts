import { texts } from '../../core/locale';

/** Labels, and hints where the server's English description does not do. A field without a label shows its name. */
export const fieldLabels = texts<Record<string, { label: string; hint?: string }>>({
  en: {
    client_messages: { label: 'Client events' },
    statistics: { label: 'Statistics' },
    user_authentication: { label: 'User sign-in' },
    authorized_connections: { label: 'Authorized connections only' },
    watchlist: { label: 'Watchlists' },
    subscription_counts: { label: 'Subscription counts' },
    capacity: { label: 'Connections' },
    subscriptions_per_connection: { label: 'Channels of a connection' },
    channels: { label: 'Channels' },
    channel_name_bytes: { label: 'Channel name, bytes' },
    event_name_chars: { label: 'Event name, characters' },
    event_data_bytes: { label: 'Event data, bytes' },
    channels_per_event: { label: 'Channels of an event' },
    events_per_batch: { label: 'Events of a batch' },
    events_per_second: { label: 'Events a second' },
    requests_per_second: { label: 'Requests a second' },
    client_events_per_second: { label: 'Client events a second' },
    presence_members: { label: 'Members of a presence channel' },
    user_id_chars: { label: 'User id, characters' },
    user_info_bytes: { label: 'User info, bytes' },
    snapshot_bytes: { label: 'Members together, bytes' },
    cache_ttl_seconds: { label: 'Cache channels remember, seconds' },
    cached_bytes: { label: 'Remembered events, bytes' },
    watchlist_users: { label: 'Users of a watchlist' },
    recovery: { label: 'Recovery' },
    recovery_events: { label: 'Recovery, events of a channel' },
    recovery_bytes: { label: 'Recovery, bytes of a channel' },
    recovery_seconds: { label: 'Recovery, seconds' },
  },
  fr: {
    client_messages: {
      label: 'Événements clients',
      hint: 'Les clients peuvent envoyer des événements (whispers).',
    },
    statistics: { label: 'Statistiques', hint: 'Son trafic est compté et conservé.' },
    user_authentication: {
      label: 'Identification des utilisateurs',
      hint: 'Les utilisateurs peuvent s’identifier sur une connexion.',
    },
    authorized_connections: {
      label: 'Connexions autorisées seulement',
      hint: 'Une connexion qui ne s’identifie pas et ne rejoint aucun canal privé ou de présence est fermée après un moment.',
    },
    watchlist: {
      label: 'Listes de suivi',
      hint: 'Les utilisateurs identifiés sont avertis quand ceux de leur liste arrivent et partent.',
    },
    subscription_counts: { label: 'Nombre d’abonnés', hint: 'Les abonnés reçoivent le nombre d’abonnements.' },
    capacity: { label: 'Connexions', hint: 'Connexions simultanées de l’application ; 0 sans limite.' },
    subscriptions_per_connection: {
      label: 'Canaux par connexion',
      hint: 'Canaux auxquels une connexion peut être abonnée à la fois.',
    },
    channels: { label: 'Canaux', hint: 'Canaux simultanés, sur chaque nœud ; 0 sans limite.' },
    channel_name_bytes: { label: 'Nom de canal, octets', hint: 'Le plus long nom, préfixe compris (Pusher : 164).' },
    event_name_chars: { label: 'Nom d’événement, caractères', hint: 'Le plus long nom d’événement.' },
    event_data_bytes: { label: 'Données d’un événement, octets', hint: 'Les plus longues données (Pusher : 10240).' },
    channels_per_event: { label: 'Canaux par événement', hint: 'Canaux dans lesquels un événement peut être publié.' },
    events_per_batch: { label: 'Événements par lot', hint: 'Événements qu’un lot peut contenir.' },
    events_per_second: {
      label: 'Événements par seconde',
      hint: 'Événements du backend par seconde, sur chaque nœud ; 0 sans limite.',
    },
    requests_per_second: {
      label: 'Requêtes par seconde',
      hint: 'Requêtes du backend par seconde, sur chaque nœud ; 0 sans limite.',
    },
    client_events_per_second: {
      label: 'Événements clients par seconde',
      hint: 'Événements qu’une connexion peut envoyer par seconde.',
    },
    presence_members: {
      label: 'Membres d’un canal de présence',
      hint: 'Utilisateurs distincts qu’un canal de présence peut contenir.',
    },
    user_id_chars: { label: 'Identifiant d’utilisateur, caractères', hint: 'Le plus long identifiant d’utilisateur.' },
    user_info_bytes: {
      label: 'Infos d’utilisateur, octets',
      hint: 'Les plus longues infos d’un membre, en JSON (Pusher : 1024).',
    },
    snapshot_bytes: {
      label: 'Membres ensemble, octets',
      hint: 'Taille totale des membres d’un canal de présence ; 0 sans limite.',
    },
    cache_ttl_seconds: {
      label: 'Mémoire des canaux cache, secondes',
      hint: 'Durée pendant laquelle un canal cache garde son dernier événement.',
    },
    cached_bytes: {
      label: 'Événements gardés, octets',
      hint: 'Ce que les canaux cache gardent ensemble ; 0 sans limite.',
    },
    watchlist_users: {
      label: 'Utilisateurs d’une liste de suivi',
      hint: 'Utilisateurs qu’un utilisateur identifié peut suivre.',
    },
    recovery: {
      label: 'Rattrapage',
      hint: 'Les clients qui le demandent reçoivent les événements manqués pendant leur absence.',
    },
    recovery_events: {
      label: 'Rattrapage, événements par canal',
      hint: 'Événements que le journal d’un canal peut contenir.',
    },
    recovery_bytes: { label: 'Rattrapage, octets par canal', hint: 'Taille maximale du journal d’un canal.' },
    recovery_seconds: {
      label: 'Rattrapage, secondes',
      hint: 'Durée pendant laquelle un événement reste dans le journal, et un journal sans abonnés est gardé.',
    },
  },
});
