import { texts } from '../../core/locale';

export const whyTexts = texts({
  en: {
    title: 'Why?',
    about: 'Why did somebody not get an event? Name the event, and who should have got it.',
    event: 'Event',
    eventHint: 'Its full name, such as App\\Events\\OrderShipped or order.shipped.',
    channel: 'Channel',
    channelHint: 'Optional. The name on the wire, with private- or presence-.',
    who: 'Who should have got it',
    socket: 'Connection',
    user: 'User',
    socketHint: 'The socket id. In the page: Echo.socketId(), or pusher.connection.socket_id.',
    userHint: 'The id of a user that has signed in or is a member of a presence channel.',
    ask: 'Find out',
    examples: 'Start from something you see',
    examplesText:
      'Open Live and choose an event, or open a connection: both have a button that fills in this form. The recorder keeps the last minute of an app while somebody looks at it.',
    toLive: 'Open Live',
    toConnections: 'Open Connections',
    evidence: 'Evidence',
    noEvidence: 'No recorded activity belongs to this answer.',
    recorder: (since: string, size: string, limit: string) => `The recorder goes back to ${since} and holds ${size} of ${limit}.`,
    recorderEmpty: 'The recorder is empty: it began with this page. Ask again after the event was sent once more.',
    next: 'What to do',
  },
  fr: {
    title: 'Pourquoi ?',
    about: 'Pourquoi quelqu’un n’a-t-il pas reçu un événement ? Nommez l’événement et son destinataire.',
    event: 'Événement',
    eventHint: 'Son nom complet, comme App\\Events\\OrderShipped ou order.shipped.',
    channel: 'Canal',
    channelHint: 'Facultatif. Le nom réel, avec private- ou presence-.',
    who: 'Qui aurait dû le recevoir',
    socket: 'Connexion',
    user: 'Utilisateur',
    socketHint: 'Le socket id. Dans la page : Echo.socketId(), ou pusher.connection.socket_id.',
    userHint: 'L’identifiant d’un utilisateur identifié ou membre d’un canal de présence.',
    ask: 'Chercher',
    examples: 'Partez de ce que vous voyez',
    examplesText:
      'Ouvrez « En direct » et choisissez un événement, ou ouvrez une connexion : un bouton y remplit ce formulaire. L’enregistreur garde la dernière minute d’une application tant que quelqu’un la regarde.',
    toLive: 'Ouvrir « En direct »',
    toConnections: 'Ouvrir les connexions',
    evidence: 'Preuves',
    noEvidence: 'Aucune activité enregistrée n’appuie cette réponse.',
    recorder: (since: string, size: string, limit: string) =>
      `L’enregistreur remonte à ${since} et contient ${size} sur ${limit}.`,
    recorderEmpty:
      'L’enregistreur est vide : il a commencé avec cette page. Posez la question à nouveau après un nouvel envoi.',
    next: 'Que faire',
  },
});

interface Verdict {
  title: string;
  advice: string;
}

/** What each verdict means and what to do. The server's sentence has the particulars. */
export const verdictTexts = texts<Record<string, Verdict>>({
  en: {
    delivered: {
      title: 'It was delivered',
      advice: 'The server wrote it to the connection. Look at the listener in the page: its channel and event name, and a leading dot for names set by broadcastAs().',
    },
    not_subscribed: {
      title: 'Not subscribed',
      advice: 'Let the page subscribe to the channel, with Echo.channel(), Echo.private() or Echo.join(), before the event is sent.',
    },
    subscription_refused: {
      title: 'The subscription was refused',
      advice: 'The reason below is that of the server. Most often the app’s secret in .env is another one, or /broadcasting/auth answers for another user.',
    },
    excluded_by_to_others: {
      title: 'Left out by toOthers()',
      advice: 'The event was sent with this connection’s socket id, so it is meant for the others. Remove toOthers(), or the X-Socket-ID header, if the sender shall get it too.',
    },
    other_app: {
      title: 'Sent to another app',
      advice: 'Compare PUSHER_APP_ID and PUSHER_APP_KEY of the backend with the key in the page.',
    },
    connected_after: {
      title: 'Connected after the event',
      advice: 'Events are not kept for later. Load the present state when the page subscribes, or use a cache channel.',
    },
    disconnected_before: {
      title: 'Disconnected before the event',
      advice: 'See the connection’s story for the reason of its end.',
    },
    too_slow: {
      title: 'Closed as too slow',
      advice: 'The client read more slowly than the server wrote. Send less to it, or raise outbox.bytes.',
    },
    name_differs: {
      title: 'The event has another name',
      advice: 'Without broadcastAs() Laravel sends App\\Events\\Name; Echo adds that namespace by itself. For a name set by broadcastAs() listen to ".name", with a leading dot.',
    },
    channel_differs: {
      title: 'Sent to another channel',
      advice: 'Compare broadcastOn() with the channel in the page. Echo.private("x") is private-x on the wire.',
    },
    never_arrived: {
      title: 'It never arrived at this server',
      advice: 'Look at the backend: the queue worker, BROADCAST_CONNECTION, and PUSHER_HOST and PUSHER_PORT. The set-up check and `clairon doctor` help.',
    },
    no_recording: {
      title: 'The recorder has nothing of that time',
      advice: 'It has recorded from now on. Send the event again and ask again, or set dashboard.recorder_bytes.',
    },
    unknown_connection: {
      title: 'The connection is not known',
      advice: 'Check the socket id, which changes with each connection, or the user id. Both may also be on another node.',
    },
  },
  fr: {
    delivered: {
      title: 'Il a été livré',
      advice: 'Le serveur l’a écrit sur la connexion. Vérifiez l’écouteur de la page : le canal, le nom de l’événement, et le point initial pour les noms donnés par broadcastAs().',
    },
    not_subscribed: {
      title: 'Pas abonné',
      advice: 'La page doit s’abonner au canal, avec Echo.channel(), Echo.private() ou Echo.join(), avant l’envoi de l’événement.',
    },
    subscription_refused: {
      title: 'L’abonnement a été refusé',
      advice: 'La raison ci-dessous est celle du serveur. Le plus souvent, le secret dans .env est un autre, ou /broadcasting/auth répond pour un autre utilisateur.',
    },
    excluded_by_to_others: {
      title: 'Exclu par toOthers()',
      advice: 'L’événement a été envoyé avec le socket id de cette connexion : il est destiné aux autres. Retirez toOthers(), ou l’en-tête X-Socket-ID, si l’émetteur doit aussi le recevoir.',
    },
    other_app: {
      title: 'Envoyé à une autre application',
      advice: 'Comparez PUSHER_APP_ID et PUSHER_APP_KEY du backend avec la clé de la page.',
    },
    connected_after: {
      title: 'Connecté après l’événement',
      advice: 'Les événements ne sont pas gardés. Chargez l’état actuel à l’abonnement, ou utilisez un canal cache.',
    },
    disconnected_before: {
      title: 'Déconnecté avant l’événement',
      advice: 'L’histoire de la connexion donne la raison de sa fin.',
    },
    too_slow: {
      title: 'Fermée car trop lente',
      advice: 'Le client lisait moins vite que le serveur n’écrivait. Envoyez-lui moins, ou augmentez outbox.bytes.',
    },
    name_differs: {
      title: 'L’événement porte un autre nom',
      advice: 'Sans broadcastAs(), Laravel envoie App\\Events\\Nom ; Echo ajoute cet espace de noms. Pour un nom donné par broadcastAs(), écoutez « .nom », avec un point initial.',
    },
    channel_differs: {
      title: 'Envoyé à un autre canal',
      advice: 'Comparez broadcastOn() avec le canal de la page. Echo.private("x") devient private-x.',
    },
    never_arrived: {
      title: 'Il n’est jamais arrivé à ce serveur',
      advice: 'Regardez le backend : le worker de la file, BROADCAST_CONNECTION, PUSHER_HOST et PUSHER_PORT. Le diagnostic et `clairon doctor` aident.',
    },
    no_recording: {
      title: 'L’enregistreur n’a rien de cette période',
      advice: 'Il enregistre à partir de maintenant. Renvoyez l’événement et reposez la question, ou définissez dashboard.recorder_bytes.',
    },
    unknown_connection: {
      title: 'La connexion est inconnue',
      advice: 'Vérifiez le socket id, qui change à chaque connexion, ou l’identifiant de l’utilisateur. La connexion peut aussi être sur un autre nœud.',
    },
  },
});

export const verdictTone = (verdict: string): 'good' | 'bad' | 'info' => {
  if (verdict === 'delivered') return 'good';
  return verdict === 'no_recording' || verdict === 'unknown_connection' ? 'info' : 'bad';
};
