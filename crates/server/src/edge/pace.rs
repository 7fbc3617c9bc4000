//! The pace of a connection: a client that sends too much, or causes too much traffic for others, is read later.

use std::{
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use clairon_hub::Millis;
use tokio::time::{Sleep, sleep};

use super::{LimitEffect, PaceLimits};

/// The debt that a connection may have, in microseconds: a second's worth of a limit may come at once.
const BURST: u32 = 1_000_000;
/// A client that sends more than this many times its limit is disconnected.
const FLOOD: u64 = 10;
/// The bytes of the shortest message, an empty one.
const SHORTEST_MESSAGE: usize = 6;
/// The longest wait before the debts are looked at again. It is shorter than the shortest time after which a silent
/// connection is closed.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What counts against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Messages that the client has sent.
    Messages,
    /// Bytes that the client has sent.
    Bytes,
    /// Messages to other clients that the client has caused.
    Fanout,
}

/// The debts of a connection. Time pays them, and the connection is read only while they are small.
///
/// Every connection has one, so it is small: a limiter of `governor` takes more, and needs one for each limit.
#[derive(Default)]
pub(crate) struct Pace {
    /// The time up to which debts are paid, in milliseconds: the lower half of the clock's. A connection that is idle
    /// for the 49 days after which it starts over pays less than it should.
    paid_until: u32,
    /// The debts by [`Due`], in microseconds: the time that the limits give for what has come.
    debts: [u32; 3],
    /// The delay of the next read. Boxed, because most connections never have one.
    delay: Option<Box<Delay>>,
}

/// The delay of a read.
#[derive(Default)]
struct Delay {
    /// The time so far, in milliseconds.
    elapsed: u32,
    /// The present wait.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Due {
    const ALL: [Self; 3] = [Self::Messages, Self::Bytes, Self::Fanout];

    const fn limit(self, limits: &PaceLimits) -> Option<NonZeroU32> {
        match self {
            Self::Messages => limits.messages,
            Self::Bytes => limits.bytes,
            Self::Fanout => limits.fanout,
        }
    }

    /// The effect of too much of this.
    const fn delay(self) -> LimitEffect {
        match self {
            Self::Messages => LimitEffect::MessagesDelayed,
            Self::Bytes => LimitEffect::BytesDelayed,
            Self::Fanout => LimitEffect::FanoutDelayed,
        }
    }
}

impl Pace {
    /// Adds to a debt.
    pub(crate) fn charge(&mut self, due: Due, count: usize, limits: &PaceLimits) {
        let Some(limit) = due.limit(limits) else { return };
        let time = (count as u64).saturating_mul(1_000_000).div_ceil(u64::from(limit.get()));
        let debt = &mut self.debts[due as usize];
        *debt = debt.saturating_add(u32::try_from(time).unwrap_or(u32::MAX));
    }

    /// Waits until the connection may be read. `note` is called when a wait begins.
    pub(crate) fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        now: impl Fn() -> Millis,
        note: impl Fn(LimitEffect),
    ) -> Poll<()> {
        loop {
            if self.debts == [0; 3] {
                return Poll::Ready(());
            }
            let pause = self.delay.as_mut().and_then(|delay| delay.pause.as_mut());
            let was_paused = pause.is_some();
            if let Some(pause) = pause {
                ready!(pause.as_mut().poll(cx));
            }
            let elapsed = self.pay(now());
            if let Some(delay) = self.delay.as_mut().filter(|_| was_paused) {
                **delay = Delay { elapsed: delay.elapsed.saturating_add(elapsed), pause: None };
            }
            let Some((due, wait)) = self.excess() else { return Poll::Ready(()) };
            if self.delay.is_none() {
                note(due.delay());
            }
            let delay = self.delay.get_or_insert_default();
            delay.pause = Some(Box::pin(sleep(wait.min(LONGEST_PAUSE))));
        }
    }

    /// Notes that bytes were read. `messages` counts the complete messages among them.
    ///
    /// A client that is too fast is read late, so what has come is compared with the time in which it was sent.
    ///
    /// # Errors
    /// When it was sent at more than [`FLOOD`] times a limit: what the limit does.
    pub(crate) fn arrive(
        &mut self,
        now: Millis,
        bytes: usize,
        messages: impl FnOnce() -> usize,
        limits: &PaceLimits,
    ) -> Result<(), LimitEffect> {
        self.pay(now);
        let delayed = self.delay.take().map_or(0, |delay| delay.elapsed);
        let milliseconds = u64::from(delayed.max(1_000));
        let is_flood = |count: usize, limit: Option<NonZeroU32>| {
            limit.is_some_and(|limit| count as u64 * 1_000 > FLOOD * u64::from(limit.get()) * milliseconds)
        };
        if is_flood(bytes, limits.bytes) {
            return Err(LimitEffect::BytesClosed);
        }
        // Counting is left out where even the shortest messages would not be too many.
        if is_flood(bytes / SHORTEST_MESSAGE, limits.messages) && is_flood(messages(), limits.messages) {
            return Err(LimitEffect::MessagesClosed);
        }
        self.charge(Due::Bytes, bytes, limits);
        Ok(())
    }

    /// Pays the debts for the time that has passed, and returns it in milliseconds.
    fn pay(&mut self, now: Millis) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half of the clock's time")]
        let now = now as u32;
        let elapsed = now.wrapping_sub(self.paid_until);
        self.paid_until = now;
        for debt in &mut self.debts {
            *debt = debt.saturating_sub(elapsed.saturating_mul(1_000));
        }
        elapsed
    }

    /// The largest debt that is too large, and the time until it is not.
    fn excess(&self) -> Option<(Due, Duration)> {
        let due = Due::ALL.into_iter().max_by_key(|due| self.debts[*due as usize])?;
        let excess = self.debts[due as usize].checked_sub(BURST).filter(|excess| *excess > 0)?;
        Some((due, Duration::from_micros(excess.into())))
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::poll_fn};

    use tokio::time::Instant;

    use super::*;
    use crate::clock::millis;

    fn limits(messages: u32, bytes: u32, fanout: u32) -> PaceLimits {
        let [messages, bytes, fanout] = [messages, bytes, fanout].map(NonZeroU32::new);
        PaceLimits { messages, bytes, fanout }
    }

    #[test]
    fn a_second_comes_at_once_and_the_rest_later() {
        let (mut pace, limits) = (Pace::default(), limits(10, 0, 20_000));
        pace.pay(5_000);
        (0..10).for_each(|_| pace.charge(Due::Messages, 1, &limits));
        assert_eq!(pace.excess(), None);
        (0..5).for_each(|_| pace.charge(Due::Messages, 1, &limits));
        assert_eq!(pace.excess(), Some((Due::Messages, Duration::from_millis(500))));
        pace.charge(Due::Fanout, 60_000, &limits);
        assert_eq!(pace.excess(), Some((Due::Fanout, Duration::from_secs(2))));
        pace.charge(Due::Bytes, 1 << 30, &limits);
        assert_eq!(pace.pay(7_000), 2_000);
        assert_eq!((pace.excess(), pace.debts), (None, [0, 0, 1_000_000]));
        pace.pay(u64::from(u32::MAX) + 1);
        assert_eq!(pace.debts, [0; 3]);
    }

    #[test]
    fn idle_time_pays_for_nothing_that_comes_after_it() {
        let (mut pace, limits) = (Pace::default(), limits(10, 1_000, 0));
        assert_eq!(pace.arrive(60_000, 5_000, || 1, &limits), Ok(()));
        assert_eq!((pace.pay(60_000), pace.excess()), (0, Some((Due::Bytes, Duration::from_secs(4)))));
    }

    #[test]
    fn a_flood_is_what_comes_ten_times_as_fast() {
        let (mut pace, slow) = (Pace::default(), limits(10, 1_000, 0));
        let arrive = |pace: &mut Pace, bytes, messages| pace.arrive(0, bytes, || messages, &slow);
        assert_eq!(arrive(&mut pace, 10_000, 100), Ok(()));
        assert_eq!(arrive(&mut pace, 10_001, 100), Err(LimitEffect::BytesClosed));
        assert_eq!(arrive(&mut pace, 10_000, 101), Err(LimitEffect::MessagesClosed));
        pace.delay = Some(Box::new(Delay { elapsed: 3_000, pause: None }));
        assert_eq!(arrive(&mut pace, 10_001, 101), Ok(()), "it was sent in three seconds");
        assert_eq!(arrive(&mut pace, 10_001, 101), Err(LimitEffect::BytesClosed));
        let count = || -> usize { unreachable!("600 bytes are not 101 messages") };
        assert_eq!(pace.arrive(0, 605, count, &slow), Ok(()));
        assert_eq!(pace.arrive(0, 1 << 30, || 1 << 24, &limits(0, 0, 1)), Ok(()), "there is no limit");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_as_long_as_the_debt_and_is_noted_once() {
        let start = Instant::now();
        let now = || millis(start.elapsed());
        let (mut pace, limits, notes) = (Pace::default(), limits(10, 0, 0), RefCell::new(Vec::new()));
        let note = |effect| notes.borrow_mut().push(effect);
        poll_fn(|cx| pace.poll_ready(cx, now, note)).await;
        pace.charge(Due::Messages, 10, &limits);
        poll_fn(|cx| pace.poll_ready(cx, now, note)).await;
        assert_eq!((now(), notes.borrow().len()), (0, 0));
        for total in [1_200, 2_400] {
            pace.charge(Due::Messages, 12, &limits);
            poll_fn(|cx| pace.poll_ready(cx, now, note)).await;
            assert!((total..total + 10).contains(&now()), "{}", now());
        }
        assert_eq!(*notes.borrow(), [LimitEffect::MessagesDelayed]);
        let delay = pace.delay.expect("a delay");
        assert!(delay.pause.is_none());
        assert!((2_400..2_420).contains(&delay.elapsed), "{}", delay.elapsed);
    }
}
