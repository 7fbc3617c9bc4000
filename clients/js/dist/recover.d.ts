/**
 * Recovery of missed events for pusher-js and Laravel Echo.
 *
 * The server numbers the events of a channel. When a page subscribes again, it states the last number, and gets the
 * events since, or learns that it cannot.
 */
import type Pusher from 'pusher-js';
/** Events of a channel that the page did not get and will not get. */
export interface Missed {
    channel: string;
    /** `expired`, `epoch`, `limit`, `token`, `gap`, `unsupported`, `skipped`, or another reason of a later server. */
    reason: string;
}
export interface RecoveryOptions {
    /** Called when events are lost, after the subscription has succeeded: fetch anew what the channel shows. */
    onMissed?: (missed: Missed) => void;
    /** Called once, if the server's first answer shows that it does not recover events. */
    onUnsupported?: () => void;
    /** The URL of the site's backend that authorizes several channels in one request. */
    batchEndpoint?: string;
    /** Reconnects are delayed by a random time of up to so many seconds, so that not all pages come back at once. */
    spread?: number;
}
/** The property `recovery` of a client. */
export interface Recovery {
    /** True once the server has recovered a channel, false if it does not; undefined before its first answer. */
    supported?: boolean;
}
export type WithRecovery<P> = P & {
    recovery: Recovery;
};
/** Adds recovery to a client. Call it in the same tick as `new Pusher(…)`. */
export declare function recover<P extends Pusher>(client: P, options?: RecoveryOptions): WithRecovery<P>;
/** The class with recovery in each of its clients, for Echo's option `Pusher` or `window.Pusher`. */
export declare function withRecovery<C extends new (...args: any[]) => Pusher>(Class: C, options?: RecoveryOptions): C & (new (...args: ConstructorParameters<C>) => WithRecovery<InstanceType<C>>);
