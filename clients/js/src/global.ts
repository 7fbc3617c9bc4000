/** For pages without a bundler: `<script src="https://…/recover.global.js">`. */

import { recover, withRecovery } from './recover.js';

Object.assign(globalThis, { ClaironRecover: { recover, withRecovery } });
