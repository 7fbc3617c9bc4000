import { recover, withRecovery } from './recover.js';

declare const module: { exports: unknown };

module.exports = { recover, withRecovery };
