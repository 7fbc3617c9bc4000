import { texts } from '../../core/locale';

/** Titles by the ids of checks, in the languages that the server does not write. */
export const checkTitles = texts<Record<string, string>>({
  en: {},
  fr: {
    registry_reads: 'Lecture de la base de données',
    registry_writes: 'Écriture dans la base de données',
    redis: 'Redis',
    open_files: 'Fichiers ouverts',
    memory: 'Mémoire',
    clock: 'Horloge',
    forwarded_headers: 'En-têtes des proxys',
    encryption: 'Chiffrement',
    certificates: 'Certificats',
    edge_limits: 'Limites contre les clients hostiles',
    allowed_origins: 'Origines autorisées',
    webhooks: 'Webhooks',
  },
});
