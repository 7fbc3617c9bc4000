//! The logs of the channels that carry the events of one user.
//!
//! Such an event goes to all connections of the user. Those that subscribed and asked for recovery get its number.

use std::sync::Arc;

use clairon_protocol::{ChannelName, Event, Publication, SocketId};

use crate::{
    Encode, Frame, Millis, Recovery, RecoveryRequest, Sent, Session,
    dispatch::Dispatch,
    logs::Logs,
    mirror::ForAskers,
    recorder::{Recorder, Resumption},
    users::Users,
};

impl Users {
    /// Subscribes a connection of a user to the user's channel, and sends it the success, and what it has missed. With
    /// the logs comes whether they are shared with other nodes; then the log must be loaded before.
    pub(crate) fn subscribe(
        &mut self,
        session: &Arc<Session>,
        channel: &ChannelName,
        request: &RecoveryRequest<'_>,
        logs: Option<(&Arc<Logs>, bool)>,
        encode: Encode,
        now: Millis,
    ) -> Option<Recovery> {
        let (user_id, (logs, is_shared)) = channel.user_id().zip(logs)?;
        let is_here = self.online.of(user_id).iter().any(|present| present.id() == session.id());
        if !is_here || (is_shared && !self.asking.take(session.id(), request.epoch)) {
            return None;
        }
        let success = encode(&Event::SubscriptionSucceeded { channel, members: None });
        if self.logs.get(user_id).is_some_and(|recorder| recorder.is_over(now)) {
            self.logs.remove(user_id);
        }
        if !is_shared
            && !self.logs.contains_key(user_id)
            && let Some(recorder) = Recorder::open(logs, channel, request, now)
        {
            self.logs.insert(user_id.into(), recorder);
        }
        let Some(recorder) = self.logs.get_mut(user_id).filter(|recorder| recorder.is_loaded()) else {
            session.send(success);
            return Some(Recovery::Declined);
        };
        let Resumption { answer, replay, recovery } = recorder.enter(session, channel, request, encode, now);
        session.send((logs.settings.amend)(&success, &answer.amendment(false)));
        session.send_replay(replay);
        Some(recovery)
    }

    /// Ends a subscription to the channel of a user. The connection gets the user's events without numbers.
    pub(crate) fn unsubscribe(&mut self, connection: SocketId, user_id: &str, now: Millis) {
        self.asking.forget(connection);
        let Some(recorder) = self.logs.get_mut(user_id) else { return };
        if recorder.leave(connection, now).is_some() && recorder.is_over(now) {
            self.logs.remove(user_id);
        }
    }

    /// Queues an event for all connections of a user.
    pub(crate) fn publish(
        &mut self,
        user_id: &str,
        publication: &Publication,
        dispatch: &Dispatch,
        encode: Encode,
        now: Millis,
    ) -> Sent {
        let Publication { channel, except, .. } = publication;
        let frame = Frame::from(publication.frame.clone());
        let logged = self.logs.get_mut(user_id).map(|recorder| {
            let for_askers = recorder.take(publication, channel, encode, now);
            (for_askers, &recorder.askers)
        });
        let compress = dispatch.compress.as_ref();
        let mut receivers = 0;
        for session in self.online.of(user_id) {
            let asker = logged.as_ref().and_then(|(frames, askers)| Some((frames, askers.get(&session.id())?)));
            let (frame, has_event) = match asker {
                Some((ForAskers::Numbered(frames), asker)) => frames.of(asker, *except, compress),
                Some((ForAskers::Nothing { .. }, _)) => continue,
                _ if Some(session.id()) == *except => continue,
                _ => (frame.of(session, compress), true),
            };
            session.send(frame);
            receivers += usize::from(has_event);
        }
        let is_behind = logged.is_some_and(|(for_askers, _)| for_askers.is_behind());
        Sent { receivers, is_written: false, is_behind }
    }
}
