/** A page of @laravel/echo-vue. The test calls `window.open`, and reads what the page got. */

import { configureEcho, echo, useEcho } from '@laravel/echo-vue';
import Pusher from 'pusher-js';
import { createApp } from 'vue';

import { withRecovery } from '../../../../../clients/js/dist/recover.js';

window.open = (options, name) => {
  window.got = [];
  const onMissed = ({ reason }) => window.got.push(`missed: ${reason}`);
  configureEcho({ ...options, Pusher: withRecovery(Pusher, { onMissed }) });
  const Orders = {
    setup() {
      useEcho(name, 'Shipped', ({ n }) => window.got.push(n));
      useEcho(name, '.clairon:missed', ({ reason }) => window.got.push(`heard: ${reason}`));
      return () => null;
    },
  };
  createApp(Orders).mount('#app');
  window.pusher = echo().connector.pusher;
};
window.ready = true;
