import { message, type Messages, type Parameters } from '../../core/messages';
import type { Why } from '../../core/types';
import all from '../../messages/why.json';

const messages: Messages = all;

/** What a sentence of `never_arrived` begins with. */
function what({ event, channel }: Parameters): string {
  if (event && channel) return 'what.both';
  return event ? 'what.event' : channel ? 'what.channel' : 'what.none';
}

/** The keys of the sentences that an answer adds to its first one. */
function additions(verdict: string, parameters: Parameters): string[] {
  const { adds_namespace: addsNamespace, subscribed_now: isSubscribed, connections } = parameters;
  const nodes: Record<string, string> = {
    delivered: 'also.nodes_counted',
    not_subscribed: 'also.nodes_counted',
    never_arrived: 'also.nodes_arrived',
    unknown_connection: 'also.nodes_not_asked',
  };
  const pairs: [unknown, string | undefined][] = [
    [parameters['is_echo_name'], 'also.echo_name'],
    [addsNamespace !== undefined, addsNamespace ? 'also.listen_namespaced' : 'also.listen_dotted'],
    [parameters['within_milliseconds'] !== undefined, 'also.near'],
    [parameters['has_other_nodes'], nodes[verdict]],
    [isSubscribed !== undefined, isSubscribed ? 'also.subscribed' : 'also.not_subscribed'],
    [Number(connections) > 1, 'also.connections'],
  ];
  return pairs.flatMap(([applies, key]) => (applies && key ? [key] : []));
}

/** The answer in the language of the page, with times in the zone of the viewer; `null` for a case that is not known here. */
export function wordsOf({ verdict, parameters }: Why): string | null {
  const values = { ...parameters, what: message(messages, what(parameters), parameters) };
  const first = message(messages, `${verdict}.${String(parameters['case'])}`, values);
  if (first === null) return null;
  return [first, ...additions(verdict, parameters).map((key) => message(messages, key, values))].join(' ');
}
