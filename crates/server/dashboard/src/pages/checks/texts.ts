import { texts } from '../../core/locale';

export const checkTexts = texts({
  en: {
    title: 'Set-up check',
    about: 'What the server sees of itself, and what this browser sees of the server.',
    server: 'On the server',
    again: 'Check again',
    checked: 'Checked at',
    states: { ok: 'fine', warning: 'worth a look', error: 'broken' } as Record<string, string>,
    summary: (errors: number, warnings: number) =>
      errors + warnings === 0
        ? 'Everything is fine.'
        : `${errors === 1 ? '1 problem' : `${errors} problems`}, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}.`,
    browser: 'In this browser',
    browserAbout: 'Opens a WebSocket as pusher-js does, and sends an event around.',
    url: 'URL of the server',
    urlHint: 'As your pages reach it. Here: as this page has.',
    start: 'Test the WebSocket',
    running: 'Testing…',
    steps: {
      page: 'The page',
      open: 'WebSocket opens',
      established: 'The server welcomes it',
      subscribed: 'A public channel can be joined',
      event: 'An event makes the round trip',
      pong: 'The server answers a ping',
    } as Record<string, string>,
    works: 'The WebSocket works from this browser.',
    failed: 'The WebSocket does not work from this browser.',
    secure: 'secure page',
    plain: 'page without TLS',
    mixed: 'This page is https, so browsers forbid ws://. Use wss://.',
    refused: (code: number, reason: string) => `The server refused with ${code}: ${reason}`,
    closed: (code: number, reason: string) => `Closed with ${code}${reason && `: ${reason}`}.`,
    abnormal:
      'The browser closed it with 1006 and does not say why. Most often a proxy does not pass the Upgrade header on, the certificate is not trusted, or nothing listens at this URL. `clairon doctor` looks from the other side.',
    timeout: (seconds: number) => `Nothing came within ${seconds} s.`,
    skippedViewer: 'Left out: your role is read-only.',
    eventRefused: (reason: string) => `The server refused the event: ${reason}`,
    origin: 'If the app has allowed origins, this page’s origin must be among them for this test.',
  },
  fr: {
    title: 'Diagnostic',
    about: 'Ce que le serveur voit de lui-même, et ce que ce navigateur voit du serveur.',
    server: 'Sur le serveur',
    again: 'Vérifier à nouveau',
    checked: 'Vérifié à',
    states: { ok: 'bien', warning: 'à regarder', error: 'en panne' },
    summary: (errors: number, warnings: number) =>
      errors + warnings === 0
        ? 'Tout va bien.'
        : `${errors > 1 ? `${errors} problèmes` : `${errors} problème`}, ${warnings > 1 ? `${warnings} avertissements` : `${warnings} avertissement`}.`,
    browser: 'Dans ce navigateur',
    browserAbout: 'Ouvre une WebSocket comme pusher-js, et y fait circuler un événement.',
    url: 'URL du serveur',
    urlHint: 'Telle que vos pages l’atteignent. Ici : comme cette page.',
    start: 'Tester la WebSocket',
    running: 'Test en cours…',
    steps: {
      page: 'La page',
      open: 'La WebSocket s’ouvre',
      established: 'Le serveur l’accueille',
      subscribed: 'Un canal public est accessible',
      event: 'Un événement fait l’aller-retour',
      pong: 'Le serveur répond à un ping',
    },
    works: 'La WebSocket fonctionne depuis ce navigateur.',
    failed: 'La WebSocket ne fonctionne pas depuis ce navigateur.',
    secure: 'page sécurisée',
    plain: 'page sans TLS',
    mixed: 'Cette page est en https : les navigateurs interdisent ws://. Utilisez wss://.',
    refused: (code: number, reason: string) => `Le serveur a refusé avec ${code} : ${reason}`,
    closed: (code: number, reason: string) => `Fermée avec ${code}${reason && ` : ${reason}`}.`,
    abnormal:
      'Le navigateur l’a fermée avec 1006 sans dire pourquoi. Le plus souvent, un proxy ne transmet pas l’en-tête Upgrade, le certificat n’est pas reconnu, ou rien n’écoute à cette URL. `clairon doctor` regarde de l’autre côté.',
    timeout: (seconds: number) => `Rien n’est venu en ${seconds} s.`,
    skippedViewer: 'Omis : votre rôle est en lecture seule.',
    eventRefused: (reason: string) => `Le serveur a refusé l’événement : ${reason}`,
    origin: 'Si l’application limite les origines, celle de cette page doit en faire partie pour ce test.',
  },
});
