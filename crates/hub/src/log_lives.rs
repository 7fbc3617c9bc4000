//! The life of the logs of an app. Those of an earlier life begin anew.
//!
//! Events may be missing in a log of an earlier life, and may be of another app, which had the same id.

use clairon_protocol::{AppId, ChannelName, Epoch, LogRoom, LossReason};

use crate::{AppHub, Encode, Millis, log::ChannelLog, recorder::Recorder};

impl AppHub {
    /// The channels with a log of an earlier life than this one.
    #[must_use]
    pub fn logs_of_earlier_lives(&self, life: u64) -> Vec<ChannelName> {
        let is_earlier = |name: &ChannelName| self.with_log(name, |recorder| recorder.log.room.life < life);
        self.names_of_logs().into_iter().filter(|name| is_earlier(name) == Some(true)).collect()
    }

    /// Begins the log of a channel anew if it is of an earlier life. Returns the number of its subscribers, which are
    /// notified. A log that other nodes share is left as it is: it begins anew for all of them, and must be read.
    pub fn renew_log(&self, name: &ChannelName, room: LogRoom, epoch: Epoch) -> usize {
        self.with_log(name, |recorder| recorder.renew(self.id(), name, room, epoch, self.encode)).unwrap_or_default()
    }

    /// Drops all logs of the app, whose subscribers stay. Returns the channels that other nodes may have published
    /// events on since they did so, with the number of subscribers, which are notified that these may be lost.
    pub fn end_logs(&self, now: Millis) -> Vec<(ChannelName, usize)> {
        let end = |name: ChannelName| {
            let notified = self.with_log(&name, |recorder| recorder.end(self.id(), &name, self.encode));
            self.drop_log(&name, now);
            notified.filter(|subscribers| *subscribers > 0).map(|subscribers| (name, subscribers))
        };
        self.names_of_logs().into_iter().filter_map(end).collect()
    }

    fn names_of_logs(&self) -> Vec<ChannelName> {
        self.dispatch.logs.as_ref().map(|logs| logs.channels_of(self.id())).unwrap_or_default()
    }
}

impl Recorder {
    pub(crate) fn renew(
        &mut self,
        app: &AppId,
        channel: &ChannelName,
        room: LogRoom,
        epoch: Epoch,
        encode: Encode,
    ) -> usize {
        if self.mirror.is_some() || self.log.room.life >= room.life {
            return 0;
        }
        self.log = ChannelLog::new(epoch, room);
        self.count();
        self.tell_all_lost(app, channel, LossReason::Epoch, encode)
    }

    fn end(&self, app: &AppId, channel: &ChannelName, encode: Encode) -> usize {
        if self.mirror.is_none() { 0 } else { self.tell_all_lost(app, channel, LossReason::Epoch, encode) }
    }
}
