//! The filter of a watcher.

use wildmatch::WildMatch;

use super::activity::{Activity, ActivityKind};

/// The activities that a watcher wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only activities of the app with this id.
    pub(crate) app: Option<String>,
    /// Only activities on channels with matching names; `*` stands for any text, `?` for a character.
    pub(crate) channel: Option<WildMatch>,
    /// Events too.
    pub(crate) events: bool,
}

impl Filter {
    pub(super) fn takes(&self, activity: &Activity) -> bool {
        let is_event = matches!(activity.kind, ActivityKind::Event | ActivityKind::ClientEvent);
        (self.events || !is_event)
            && self.app.as_ref().is_none_or(|app| activity.app.as_ref() == Some(app))
            && self
                .channel
                .as_ref()
                .is_none_or(|wanted| activity.channel_name().is_some_and(|name| wanted.matches(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted() {
        let subscribed = |channel: &str| Activity::new(ActivityKind::Subscribed).channel(channel);
        let everything = Filter::default();
        assert!(everything.takes(&subscribed("a")) && everything.takes(&Activity::new(ActivityKind::Connected)));
        assert!(!everything.takes(&Activity::new(ActivityKind::Event).channel("a")));
        let private = Filter { channel: Some(WildMatch::new("private-?*")), events: true, ..Filter::default() };
        assert!(
            private.takes(&subscribed("private-a"))
                && private.takes(&Activity::new(ActivityKind::Event).channel("private-b"))
        );
        assert!(!private.takes(&subscribed("private-")) && !private.takes(&Activity::new(ActivityKind::Connected)));
        let app = Filter { app: Some("1".to_owned()), ..Filter::default() };
        assert!(!app.takes(&subscribed("a")));
    }
}
