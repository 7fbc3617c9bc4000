//! A timer with nanosecond precision. The poller's own time-out has milliseconds.

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
    time::Duration,
};

use mio::{Interest, Registry, Token, unix::SourceFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use crate::clock::Nanos;

/// A timer that makes the poller return.
#[derive(Debug)]
pub(super) struct Timer {
    file: OwnedFd,
    /// The moment of the wake-up, if the timer is set.
    rings: Option<Nanos>,
}

impl Timer {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let file = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&file.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { file, rings: None })
    }

    /// Wakes the poller once, at `moment`, which is later than `now`. It replaces an earlier setting.
    pub(super) fn set(&mut self, moment: Nanos, now: Nanos) -> io::Result<()> {
        if self.rings == Some(moment) {
            return Ok(());
        }
        self.rings = Some(moment);
        let span = Duration::from_nanos(moment.saturating_sub(now).max(1));
        let value = Timespec::try_from(span).map_err(|_| io::ErrorKind::InvalidInput)?;
        let once = Itimerspec { it_interval: Timespec::default(), it_value: value };
        timerfd_settime(self.file.as_fd(), TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}
