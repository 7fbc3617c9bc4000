/**
 * A page of @laravel/echo-react. The test calls `window.open`, and reads what the page got. In strict mode React runs
 * each effect twice, so the page subscribes, leaves and subscribes again in one tick.
 */

import { configureEcho, echo, useEcho } from '@laravel/echo-react';
import Pusher from 'pusher-js';
import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { withRecovery } from '../../../../../clients/js/dist/recover.js';

function Orders({ name }) {
  useEcho(name, 'Shipped', ({ n }) => window.got.push(n));
  useEcho(name, '.clairon:missed', ({ reason }) => window.got.push(`heard: ${reason}`));
  return null;
}

window.open = (options, name) => {
  window.got = [];
  const onMissed = ({ reason }) => window.got.push(`missed: ${reason}`);
  configureEcho({ ...options, Pusher: withRecovery(Pusher, { onMissed }) });
  createRoot(document.getElementById('app')).render(createElement(StrictMode, null, createElement(Orders, { name })));
  window.pusher = echo().connector.pusher;
};
window.ready = true;
