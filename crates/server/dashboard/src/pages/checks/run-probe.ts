import { path, post, Refusal } from '../../core/api';
import { Probe, ProbeError, type Failure, type Step, type StepName } from './probe';

export interface ProbeTexts {
  secure: string;
  plain: string;
  skippedViewer: string;
  explain: (failure: Failure) => string;
}

interface Wanted {
  app: string;
  key: string;
  /** Of the server, with `http`, `https`, `ws` or `wss`. */
  url: string;
  canSend: boolean;
}

/** The URL to which pusher-js connects. */
export function socketUrl(url: string, key: string): string {
  const target = new URL(url);
  target.protocol = target.protocol.replace('http', 'ws');
  target.pathname = `${target.pathname.replace(/\/$/, '')}/app/${key}`;
  target.search = '?protocol=7&client=clairon-dashboard&version=1';
  return target.href;
}

/** Runs the steps and reports each. Resolves with true if all of them succeeded. */
export async function runProbe(wanted: Wanted, texts: ProbeTexts, report: (step: Step) => void): Promise<boolean> {
  const channel = `clairon-check-${Math.random().toString(36).slice(2)}`;
  let probe: Probe | null = null;
  const step = async (name: StepName, act: () => Promise<string>): Promise<void> => {
    const start = performance.now();
    const took = () => performance.now() - start;
    try {
      const detail = await act();
      report({ name, state: detail === texts.skippedViewer ? 'skipped' : 'ok', took: took(), detail });
    } catch (error) {
      const detail = error instanceof ProbeError ? texts.explain(error.failure) : String(error);
      report({ name, state: 'failed', took: took(), detail });
      throw error;
    }
  };
  try {
    const target = socketUrl(wanted.url, wanted.key);
    await step('page', async () => `${location.origin}, ${isSecureContext ? texts.secure : texts.plain}`);
    await step('open', async () => {
      probe = new Probe(target);
      await probe.opened();
      return new URL(target).host;
    });
    const open = probe!;
    await step('established', async () => {
      const { socket_id: id } = (await open.next('pusher:connection_established')) as { socket_id: string };
      return id;
    });
    await step('subscribed', async () => {
      open.send('pusher:subscribe', { channel });
      await open.next('pusher_internal:subscription_succeeded');
      return channel;
    });
    await step('event', async () => {
      if (!wanted.canSend) return texts.skippedViewer;
      await trigger(wanted.app, channel);
      await open.next('clairon-check');
      return 'clairon-check';
    });
    await step('pong', async () => {
      open.send('pusher:ping');
      await open.next('pusher:pong');
      return 'pusher:pong';
    });
    return true;
  } catch {
    return false;
  } finally {
    (probe as Probe | null)?.close();
  }
}

async function trigger(app: string, channel: string): Promise<void> {
  try {
    await post(path(['apps', app, 'events']), { name: 'clairon-check', channels: [channel], data: '{}' });
  } catch (error) {
    throw new ProbeError({ kind: 'event', reason: error instanceof Refusal ? error.message : String(error) });
  }
}
