//! The judgement: which of the possible reasons is the true one.

use std::{collections::BTreeSet, sync::Arc};

use clairon_server::live_feed::{Activity, ActivityKind};

use super::{
    Answer, Question, Receiver, Records, Subject, SubjectState, Verdict,
    answer::{Case, quoted, text, time},
    membership::Story,
    names,
};

/// The largest number of activities in an answer.
const EVIDENCE: usize = 50;

/// Answers a question.
pub(crate) fn judge(question: &Question, records: &Records) -> Answer {
    match in_wire_form(question, records) {
        Some(plain) => judge_literally(&plain, records)
            .and("In Echo a leading dot stands for a name without namespace.")
            .with("is_echo_name", true),
        None => judge_literally(question, records),
    }
}

/// The question about the name that Echo listens to, if it is asked with Echo's leading dot: no event has arrived whose
/// name has the dot, and one has whose name has not.
fn in_wire_form(question: &Question, records: &Records) -> Option<Question> {
    let plain = names::undotted(question.event.as_deref()?)?;
    let plain = Question { event: Some(plain.to_owned()), ..question.clone() };
    (hits(question, records).is_empty() && !hits(&plain, records).is_empty()).then_some(plain)
}

fn judge_literally(question: &Question, records: &Records) -> Answer {
    let mut answer = match &question.receiver {
        Receiver::Anyone => of_anyone(question, records),
        Receiver::Connection(subject) => of_connection(question, subject, records).with_connection(subject),
        Receiver::User(user, subjects) => of_user(question, user, subjects, records),
    };
    for (name, asked) in [("event", &question.event), ("channel", &question.channel)] {
        if let (Some(asked), false) = (asked, answer.parameters.contains_key(name)) {
            answer = answer.with(name, asked.as_str());
        }
    }
    if let Some(since) = records.since {
        answer = answer.with("recorded_since", text(since));
    }
    let excess = answer.evidence.len().saturating_sub(EVIDENCE);
    answer.evidence.drain(..excess);
    answer
}

impl Answer {
    fn with_connection(self, subject: &Subject) -> Self {
        self.with("socket_id", subject.socket_id.to_string())
    }
}

/// Answers for all connections of a user: for the first that has not got the event, if there is one.
fn of_user(question: &Question, user: &str, subjects: &[Subject], records: &Records) -> Answer {
    let is_open = |subject: &&Subject| matches!(subject.state, SubjectState::Open(_));
    let open: Vec<&Subject> = subjects.iter().filter(is_open).collect();
    // Connections that have ended count if there is no other.
    let counted = if open.is_empty() { subjects.iter().collect() } else { open };
    let answers: Vec<(&Subject, Answer)> =
        counted.iter().map(|subject| (*subject, of_connection(question, subject, records))).collect();
    let got = answers.iter().filter(|(_, answer)| answer.verdict == Verdict::Delivered).count();
    let first = answers.iter().find(|(_, answer)| answer.verdict != Verdict::Delivered).or_else(|| answers.first());
    let Some((subject, answer)) = first.cloned() else {
        let words = format!(
            "No connection of the user {} is open or recorded{}. A user is known by its sign-in, or as a member of a \
             presence channel.",
            quoted(Some(user)),
            on_this_node(records)
        );
        let answer = Answer::new(Case::UnknownUser, words).with("user", user);
        return answer.with("has_other_nodes", records.has_peers);
    };
    let answer = answer.with_connection(subject).with("user", user).with("connections", counted.len());
    let answer = answer.with("connections_with_event", got);
    match counted.len() {
        1 => answer,
        all => answer.and(format!(
            "This is about the connection {}; the user has {all} connections, and {got} of them got the event.",
            subject.socket_id
        )),
    }
}

fn of_connection(question: &Question, subject: &Subject, records: &Records) -> Answer {
    let story = Story::of(subject, records);
    match &subject.state {
        SubjectState::OfOtherApp(other) => {
            let words = format!(
                "The connection {} is one of another app, {other}: it gets the events of that app only.",
                subject.socket_id
            );
            return Answer::new(Case::ConnectionOfOtherApp, words).with("other_app", other.as_str());
        }
        SubjectState::Gone if story.is_empty() => {
            let words = format!(
                "The connection {} is not open{}, and nothing of it is recorded. A page gets a new socket id whenever it \
                 connects.",
                subject.socket_id,
                on_this_node(records)
            );
            return Answer::new(Case::UnknownSocket, words).with("has_other_nodes", records.has_peers);
        }
        SubjectState::Gone | SubjectState::Open(_) => {}
    }
    let hits = hits(question, records);
    if hits.is_empty() {
        return without_event(question, Some(subject), records);
    }
    // Without a channel in the question, the latest event that the connection was to get is meant.
    let judged = hits.iter().rev().map(|event| story.judge(subject, event));
    let is_own =
        |answer: &Answer| matches!(answer.verdict, Verdict::Delivered | Verdict::ExcludedByToOthers | Verdict::TooSlow);
    let mut judged: Vec<Answer> = if question.channel.is_some() { judged.take(1).collect() } else { judged.collect() };
    let chosen = judged.iter().position(is_own).unwrap_or_default();
    let answer = judged.swap_remove(chosen);
    if hits.len() == 1 { answer } else { answer.with("occurrences", hits.len()) }
}

fn of_anyone(question: &Question, records: &Records) -> Answer {
    let hits = hits(question, records);
    let Some(event) = hits.last() else { return without_event(question, None, records) };
    let (name, channel) = (quoted(event.event_name()), quoted(event.channel_name()));
    let at = time(event);
    let answer = match event.receiver_count() {
        Some(0) => Answer::new(
            Case::Nobody,
            format!("The event {name} arrived on {channel} at {at}, but no connection was there to get it."),
        ),
        Some(count) => Answer::new(
            Case::Counted,
            format!("The event {name} on {channel} was sent to {count} {} at {at}.", connections(count)),
        )
        .with("receivers", count),
        None => Answer::new(
            Case::ToUser,
            format!("The event {name} arrived on {channel} at {at}, and was sent to the connections of that user."),
        ),
    };
    let answer = answer.about(event);
    if records.has_peers {
        answer.and("Only the connections of this node are counted.").with("has_other_nodes", true)
    } else {
        answer
    }
}

/// The recorded events that are meant.
fn hits<'a>(question: &Question, records: &'a Records) -> Vec<&'a Arc<Activity>> {
    let is_meant = |event: &&Arc<Activity>| match question.activity {
        Some(id) => event.id() == id,
        None => is_named(question, event) && is_on_channel(question, event),
    };
    records.events.iter().filter(is_meant).collect()
}

fn is_named(question: &Question, event: &Activity) -> bool {
    question.event.as_deref().is_none_or(|name| event.event_name() == Some(name))
}

fn is_on_channel(question: &Question, event: &Activity) -> bool {
    question.channel.as_deref().is_none_or(|channel| event.channel_name() == Some(channel))
}

fn is_similar(question: &Question, event: &Activity) -> bool {
    question.event.as_deref().zip(event.event_name()).is_some_and(|(one, other)| names::are_similar_events(one, other))
}

/// The answer if no such event is recorded.
fn without_event(question: &Question, subject: Option<&Subject>, records: &Records) -> Answer {
    let last = |is: &dyn Fn(&Activity) -> bool| records.events.iter().rev().find(|event| is(event));
    if let Some(event) = last(&|event| is_similar(question, event) && is_on_channel(question, event)) {
        return name_differs(question, event);
    }
    if let Some(event) = last(&|event| is_named(question, event)) {
        return channel_differs(question, event, records);
    }
    if let Some(event) = last(&|event| is_similar(question, event)) {
        return name_differs(question, event);
    }
    if let Some(event) = records.elsewhere.last() {
        let other = event.app_id().unwrap_or_default();
        let words = format!(
            "The event {} arrived at {} for another app, {other}: the backend has the id and the key of that app.",
            quoted(event.event_name()),
            time(event)
        );
        return Answer::new(Case::EventOfOtherApp, words).with("other_app", other).about(event);
    }
    let Some(since) = records.since else { return without_recording(question, subject) };
    let what = match (&question.event, &question.channel) {
        (Some(event), Some(channel)) => format!("No event {} on {}", quoted(Some(event)), quoted(Some(channel))),
        (Some(event), None) => format!("No event {}", quoted(Some(event))),
        (None, Some(channel)) => format!("No event on {}", quoted(Some(channel))),
        (None, None) => "No such event".to_owned(),
    };
    let words = format!("{what} has arrived since {}, when the recording begins.", text(since));
    let mut answer = match records.refused_requests.last() {
        Some(refused) => {
            let reason = refused.reason().unwrap_or_default();
            let answer = Answer::new(Case::RequestRefused, words).with("reason", reason).with("at", time(refused));
            let words = format!("A request of the backend was refused at {}: {reason}.", time(refused));
            answer.and(words).shown_by(refused)
        }
        None => Answer::new(Case::NothingArrived, words).and(
            "The backend has not sent it here: look at its queue worker, its BROADCAST_CONNECTION, and its host and port.",
        ),
    };
    if records.has_peers {
        answer = answer
            .and("It may have come to another node, which has sent it to its own subscribers only.")
            .with("has_other_nodes", true);
    }
    if let (Some(subject), Some(channel)) = (subject, &question.channel)
        && let SubjectState::Open(open) = &subject.state
    {
        let is_subscribed = open.subscribed.contains(channel);
        let words = if is_subscribed { "is" } else { "is not" };
        let words = format!("The connection {words} subscribed to {} now.", quoted(Some(channel)));
        answer = answer.and(words).with("subscribed_now", is_subscribed);
    }
    answer
}

fn name_differs(question: &Question, event: &Arc<Activity>) -> Answer {
    let (asked, arrived) = (question.event.as_deref(), event.event_name().unwrap_or_default());
    let listener = names::listener(arrived);
    let words = format!(
        "An event {} arrived on {} at {}, not {}: names must be the same. {}.",
        quoted(Some(arrived)),
        quoted(event.channel_name()),
        time(event),
        quoted(asked),
        listener.advice()
    );
    let answer = Answer::new(Case::OtherName, words).about(event).with("arrived_as", arrived).with("event", asked);
    answer.with("listen_to", listener.name).with("adds_namespace", listener.adds_namespace)
}

fn channel_differs(question: &Question, event: &Arc<Activity>, records: &Records) -> Answer {
    let (asked, arrived) = (question.channel.as_deref().unwrap_or_default(), event.channel_name().unwrap_or_default());
    let of_name = records.events.iter().filter(|event| is_named(question, event));
    let channels: BTreeSet<&str> = of_name.filter_map(|event| event.channel_name()).take(20).collect();
    let words = format!(
        "The event {} arrived at {} on {}, not on {}.",
        quoted(event.event_name()),
        time(event),
        quoted(Some(arrived)),
        quoted(Some(asked))
    );
    let is_prefix = names::differ_in_prefix(asked, arrived);
    let case = if is_prefix { Case::OtherPrefix } else { Case::OtherChannel };
    let answer = Answer::new(case, words).about(event);
    let answer = answer.with("arrived_on", arrived).with("channel", asked);
    let answer = answer.with("channels", channels.into_iter().collect::<Vec<_>>());
    if is_prefix {
        answer.and(
            "The names differ in their prefix: Echo.channel() takes names as they are, Echo.private() adds private-, \
             and Echo.join() adds presence-.",
        )
    } else {
        answer
    }
}

/// The answer if nothing is recorded: the present state may say enough.
fn without_recording(question: &Question, subject: Option<&Subject>) -> Answer {
    let how = "Watch the app (the live page, or clairon tail), or set dashboard.recorder_bytes, and let the event \
               happen again.";
    let open = subject.and_then(|subject| match &subject.state {
        SubjectState::Open(open) => Some(open),
        SubjectState::OfOtherApp(_) | SubjectState::Gone => None,
    });
    let Some((open, channel)) = open.zip(question.channel.as_deref()) else {
        return Answer::new(Case::NothingRecorded, format!("Nothing of this app is recorded. {how}"));
    };
    let shown = quoted(Some(channel));
    if open.waiting.contains(channel) {
        let words = format!("The subscription of the connection to {shown} waits for the other nodes.");
        return Answer::new(Case::WaitingNow, words);
    }
    if open.subscribed.contains(channel) {
        let words = format!(
            "The connection is subscribed to {shown} now. Nothing of this app is recorded, so whether the event has \
             arrived is unknown. {how}"
        );
        return Answer::new(Case::SubscribedNow, words);
    }
    let words = format!(
        "The connection is not subscribed to {shown} now. Nothing of this app is recorded, so why is unknown. {how}"
    );
    Answer::new(Case::NotSubscribedNow, words)
}

const fn connections(count: usize) -> &'static str {
    if count == 1 { "connection" } else { "connections" }
}

fn on_this_node(records: &Records) -> &'static str {
    if records.has_peers { " on this node; the other nodes are not asked" } else { "" }
}

/// The kinds of activities that can be meant.
pub(super) const fn is_published(kind: ActivityKind) -> bool {
    matches!(kind, ActivityKind::Event | ActivityKind::ClientEvent)
}
