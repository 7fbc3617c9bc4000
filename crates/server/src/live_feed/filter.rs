//! The filter of a watcher.

use clairon_protocol::SocketId;
use clairon_registry::AppCache;
use wildmatch::WildMatch;

use super::{
    activity::Activity,
    event_text::{DataLimit, MAX_DATA},
    kind::ActivityKind,
};

/// The activities that a watcher wants. It wants only those that satisfy all parts that are set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only activities of the app with this id.
    pub app: Option<String>,
    /// Only activities of these kinds; empty for all, of which events are only wanted with `events`.
    pub kinds: Vec<ActivityKind>,
    /// Only activities on channels with matching names; `*` stands for any text, `?` for a character.
    pub channel: Option<WildMatch>,
    /// Only activities about events with matching names.
    pub event: Option<WildMatch>,
    /// Only activities of this connection, and events that it does not get.
    pub socket_id: Option<SocketId>,
    /// Only activities of this user.
    pub user: Option<String>,
    /// Only activities that contain this text.
    pub text: Option<String>,
    /// Events too.
    pub events: bool,
}

impl Filter {
    /// True if the activity is wanted, as far as it can be decided quickly: `text` is not looked at.
    pub(super) fn may_take(&self, activity: &Activity) -> bool {
        let matches = |pattern: &Option<WildMatch>, text: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| text.is_some_and(|text| pattern.matches(text)))
        };
        self.takes_kind(activity.kind())
            && self.app.as_deref().is_none_or(|app| activity.app_id() == Some(app))
            && self.socket_id.is_none_or(|id| [activity.socket_id(), activity.left_out()].contains(&Some(id)))
            && self.user.as_deref().is_none_or(|user| activity.user_id() == Some(user))
            && matches(&self.channel, activity.channel_name())
            && matches(&self.event, activity.event_name())
    }

    /// True if the activity is wanted.
    pub(crate) fn takes(&self, activity: &Activity) -> bool {
        self.may_take(activity) && self.text.as_deref().is_none_or(|text| activity.mentions(text))
    }

    /// True if it looks at texts of peers, which may contain secrets.
    pub(super) const fn has_texts(&self) -> bool {
        self.channel.is_some() || self.event.is_some() || self.user.is_some() || self.text.is_some()
    }

    /// The activity as it is shown, if it is wanted. It must be wanted both as it is and as it is shown, so that a
    /// filter cannot be used to guess a secret.
    pub fn present(&self, activity: &Activity, apps: &AppCache, limit: DataLimit) -> Option<Activity> {
        if !self.takes(activity) {
            return None;
        }
        let is_guess = self.has_texts() && {
            let all = activity.shown(apps, DataLimit::Bytes(MAX_DATA));
            all.hides_secret() && !self.takes(&all)
        };
        (!is_guess).then(|| activity.shown(apps, limit))
    }

    fn takes_kind(&self, kind: ActivityKind) -> bool {
        if self.kinds.is_empty() { self.events || !kind.is_event() } else { self.kinds.contains(&kind) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(kind: ActivityKind) -> Activity {
        Activity::new(kind)
    }

    #[test]
    fn only_what_is_wanted() {
        let subscribed = |channel: &str| new(ActivityKind::Subscribed).channel(channel);
        let everything = Filter::default();
        assert!(everything.takes(&subscribed("a")) && everything.takes(&new(ActivityKind::Connected)));
        assert!(!everything.takes(&new(ActivityKind::Event).channel("a")));
        let private = Filter { channel: Some(WildMatch::new("private-?*")), events: true, ..Filter::default() };
        assert!(
            private.takes(&subscribed("private-a")) && private.takes(&new(ActivityKind::Event).channel("private-b"))
        );
        assert!(!private.takes(&subscribed("private-")) && !private.takes(&new(ActivityKind::Connected)));
        let app = Filter { app: Some("1".to_owned()), ..Filter::default() };
        assert!(!app.takes(&subscribed("a")));
    }

    #[test]
    fn each_part_counts() {
        let socket = SocketId::from_random(7);
        let event = || new(ActivityKind::Event).event("App\\Events\\X").channel("a").user(Some("ann"));
        let takes = |filter: Filter, activity: Activity| Filter { events: true, ..filter }.takes(&activity);
        let kinds = Filter { kinds: vec![ActivityKind::Event], ..Filter::default() };
        assert!(kinds.takes(&event()) && !kinds.takes(&new(ActivityKind::Connected)), "events need no further wish");
        for (filter, is_taken) in [
            (Filter { event: Some(WildMatch::new("*X")), ..Filter::default() }, true),
            (Filter { event: Some(WildMatch::new("X")), ..Filter::default() }, false),
            (Filter { user: Some("ann".to_owned()), ..Filter::default() }, true),
            (Filter { user: Some("an".to_owned()), ..Filter::default() }, false),
            (Filter { text: Some("Events".to_owned()), ..Filter::default() }, true),
            (Filter { text: Some("events".to_owned()), ..Filter::default() }, false),
            (Filter { socket_id: Some(socket), ..Filter::default() }, false),
        ] {
            assert_eq!(takes(filter.clone(), event()), is_taken, "{filter:?}");
        }
        let of_socket = Filter { socket_id: Some(socket), ..Filter::default() };
        assert!(takes(of_socket.clone(), event().except(Some(socket))));
        assert!(takes(of_socket, new(ActivityKind::Connected).socket(socket)));
    }
}
