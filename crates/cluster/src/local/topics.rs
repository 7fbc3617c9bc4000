//! The topics that this node wants, and the state of each subscription.
//!
//! Pure: no clock, no connection. A topic that is not wanted any more stays subscribed to for [`LINGER`], because a
//! client that reloads its page is back within a second.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// How long an unwanted topic stays subscribed to.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Topics by name.
#[derive(Default)]
pub(crate) struct Topics {
    by_name: HashMap<String, Topic>,
    /// Topics to subscribe to.
    new: VecDeque<String>,
    /// Topics that became unwanted at that time. Some may be wanted again.
    idle: VecDeque<(Instant, String)>,
}

struct Topic {
    phase: Phase,
    is_wanted: bool,
    /// When it became unwanted.
    idle_since: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Subscribing,
    Subscribed,
    Unsubscribing,
}

impl Topics {
    /// Wants a topic. Returns true if it is subscribed to already.
    pub(crate) fn want(&mut self, name: &str) -> bool {
        if let Some(topic) = self.by_name.get_mut(name) {
            topic.is_wanted = true;
            topic.idle_since = None;
            return topic.phase == Phase::Subscribed;
        }
        self.by_name.insert(name.to_owned(), Topic { phase: Phase::New, is_wanted: true, idle_since: None });
        self.new.push_back(name.to_owned());
        false
    }

    /// Stops wanting a topic.
    pub(crate) fn unwant(&mut self, name: &str, now: Instant) {
        if let Some(topic) = self.by_name.get_mut(name).filter(|topic| topic.is_wanted) {
            topic.is_wanted = false;
            topic.idle_since = Some(now);
            self.idle.push_back((now, name.to_owned()));
        }
    }

    /// Takes up to `limit` topics to subscribe to now. Report them to [`Self::subscribed`].
    pub(crate) fn take_new(&mut self, limit: usize) -> Vec<String> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(name) = self.new.pop_front()
        {
            match self.by_name.get_mut(&name) {
                Some(topic) if topic.phase == Phase::New && topic.is_wanted => {
                    topic.phase = Phase::Subscribing;
                    taken.push(name);
                }
                Some(topic) if topic.phase == Phase::New => {
                    self.by_name.remove(&name);
                }
                _ => {}
            }
        }
        taken
    }

    /// These topics are subscribed to.
    pub(crate) fn subscribed(&mut self, names: &[String]) {
        for name in names {
            if let Some(topic) = self.by_name.get_mut(name) {
                topic.phase = Phase::Subscribed;
                // It may have become unwanted meanwhile: it joins the queue of unwanted topics again.
                self.idle.extend(topic.idle_since.map(|since| (since, name.clone())));
            }
        }
    }

    /// Takes up to `limit` topics to unsubscribe from now. Report them to [`Self::unsubscribed`].
    pub(crate) fn take_idle(&mut self, now: Instant, limit: usize) -> Vec<String> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((since, name)) = self.idle.pop_front_if(|(since, _)| *since + LINGER <= now)
        {
            let is_idle = |topic: &&mut Topic| topic.idle_since == Some(since) && topic.phase == Phase::Subscribed;
            if let Some(topic) = self.by_name.get_mut(&name).filter(is_idle) {
                topic.phase = Phase::Unsubscribing;
                taken.push(name);
            }
        }
        taken
    }

    /// When the next unwanted topic is due.
    pub(crate) fn next_idle(&self) -> Option<Instant> {
        self.idle.front().map(|(since, _)| *since + LINGER)
    }

    /// These topics are not subscribed to any more. Those that are wanted again are subscribed to anew.
    pub(crate) fn unsubscribed(&mut self, names: Vec<String>) {
        for name in names {
            match self.by_name.get_mut(&name) {
                Some(topic) if topic.is_wanted => {
                    topic.phase = Phase::New;
                    self.new.push_back(name);
                }
                _ => {
                    self.by_name.remove(&name);
                }
            }
        }
    }

    /// All subscriptions are lost. The wanted topics are subscribed to anew.
    pub(crate) fn reset(&mut self) {
        self.by_name.retain(|_, topic| topic.is_wanted);
        self.idle.clear();
        self.new.clear();
        for (name, topic) in &mut self.by_name {
            topic.phase = Phase::New;
            self.new.push_back(name.clone());
        }
    }

    /// True if the topic should be subscribed to: an end of its subscription is unexpected.
    pub(crate) fn is_held(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|topic| matches!(topic.phase, Phase::Subscribing | Phase::Subscribed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscribe(topics: &mut Topics) -> Vec<String> {
        let names = topics.take_new(10);
        topics.subscribed(&names);
        names
    }

    #[test]
    fn an_unwanted_topic_lingers() {
        let (mut topics, start) = (Topics::default(), Instant::now());
        assert!(!topics.want("a"));
        assert_eq!(subscribe(&mut topics), ["a"]);
        assert!(topics.want("a") && topics.is_held("a"));
        topics.unwant("a", start);
        assert_eq!(topics.next_idle(), Some(start + LINGER));
        assert!(topics.take_idle(start + LINGER / 2, 10).is_empty());
        assert!(topics.want("a"), "it is still subscribed to");
        assert!(topics.take_idle(start + LINGER, 10).is_empty(), "it is wanted again");
        topics.unwant("a", start + LINGER);
        assert_eq!(topics.take_idle(start + LINGER * 2, 10), ["a"]);
        assert!(!topics.is_held("a"));
        topics.unsubscribed(vec!["a".to_owned()]);
        assert!(subscribe(&mut topics).is_empty() && topics.by_name.is_empty());
    }

    #[test]
    fn a_topic_wanted_while_it_is_unsubscribed_from_is_subscribed_to_again() {
        let (mut topics, start) = (Topics::default(), Instant::now());
        topics.want("a");
        subscribe(&mut topics);
        topics.unwant("a", start);
        let names = topics.take_idle(start + LINGER, 10);
        assert!(!topics.want("a"));
        assert!(topics.take_new(10).is_empty(), "not before it is unsubscribed from");
        topics.unsubscribed(names);
        assert_eq!(subscribe(&mut topics), ["a"]);
    }

    #[test]
    fn a_topic_unwanted_before_it_was_subscribed_to_is_unsubscribed_from_after() {
        let (mut topics, start) = (Topics::default(), Instant::now());
        topics.want("a");
        topics.want("b");
        topics.unwant("b", start);
        assert_eq!(topics.take_new(10), ["a"]);
        topics.unwant("a", start);
        assert!(topics.take_idle(start + LINGER, 10).is_empty());
        topics.subscribed(&["a".to_owned()]);
        assert_eq!(topics.take_idle(start + LINGER, 10), ["a"]);
    }

    #[test]
    fn after_a_loss_the_wanted_topics_are_subscribed_to_anew() {
        let (mut topics, start) = (Topics::default(), Instant::now());
        topics.want("a");
        topics.want("b");
        subscribe(&mut topics);
        topics.unwant("b", start);
        topics.want("c");
        topics.reset();
        let mut names = subscribe(&mut topics);
        names.sort();
        assert_eq!(names, ["a", "c"]);
        assert_eq!(topics.next_idle(), None);
    }
}
