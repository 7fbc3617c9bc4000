/** For pages without a bundler: a script that defines `ClaironRecover`. */

import { recover, withRecovery } from './recover.js';

(self as unknown as Record<string, unknown>).ClaironRecover = { recover, withRecovery };
