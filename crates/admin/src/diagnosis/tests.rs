//! A case for each verdict.

use std::{collections::BTreeSet, sync::Arc};

use clairon_protocol::{AppId, Disconnect, SocketId};
use clairon_server::live_feed::ActivityKind::{self, SubscriptionRefused as RefusedSubscription, *};
use jiff::{SignedDuration, Timestamp};

use super::{answer::Case, *};
use crate::messages::Messages;

const EVENT: &str = "App\\Events\\Shipped";

fn socket() -> SocketId {
    SocketId::from_random(7)
}

/// The time of second `second`.
fn time(second: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(second).unwrap())
}

fn at(time: Timestamp, kind: ActivityKind) -> Activity {
    Activity::at(time, kind).app(&AppId::parse("1").unwrap())
}

/// An activity of second `second`, whose id is the number of the second.
fn new(second: u64, kind: ActivityKind) -> Activity {
    at(time(second), kind).numbered(second)
}

fn event(second: u64, name: &str, channel: &str) -> Activity {
    new(second, Event).event(name).channel(channel).receivers(Some(1))
}

fn own(second: u64, kind: ActivityKind) -> Activity {
    new(second, kind).socket(socket())
}

fn on(second: u64, kind: ActivityKind) -> Activity {
    own(second, kind).channel("orders")
}

/// A connection that began at second 1 and is subscribed to these channels now.
fn open(channels: &[&str]) -> Subject {
    let open = OpenSubject {
        connected_at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1),
        subscribed: channels.iter().map(|name| (*name).to_owned()).collect(),
        waiting: BTreeSet::new(),
        user_id: None,
        queued_frames: 0,
        blocked_since: None,
    };
    Subject { socket_id: socket(), state: SubjectState::Open(open) }
}

fn gone() -> Subject {
    Subject { socket_id: socket(), state: SubjectState::Gone }
}

fn change(subject: Subject, change: impl FnOnce(&mut OpenSubject)) -> Subject {
    let SubjectState::Open(mut state) = subject.state else { panic!("it is not open") };
    change(&mut state);
    Subject { state: SubjectState::Open(state), ..subject }
}

fn records(events: Vec<Activity>, connections: Vec<Activity>) -> Records {
    let all = |list: Vec<Activity>| list.into_iter().map(Arc::new).collect();
    Records {
        since: Some(Timestamp::UNIX_EPOCH),
        events: all(events),
        connections: all(connections),
        ..Records::default()
    }
}

fn question(receiver: Receiver) -> Question {
    let (event, channel) = (Some(EVENT.to_owned()), Some("orders".to_owned()));
    Question { event, channel, activity: None, receiver }
}

/// The answer about the event on `orders`, with the case.
fn answer(subject: Subject, records: &Records) -> (Verdict, String, Answer) {
    of(&question(Receiver::Connection(subject)), records)
}

fn of(question: &Question, records: &Records) -> (Verdict, String, Answer) {
    let answer = judge(question, records);
    assert!(answer.words.ends_with('.') && !answer.words.contains("  "), "{}", answer.words);
    let case = answer.parameters["case"].as_str().unwrap().to_owned();
    let key = format!("{}.{case}", serde_json::to_value(answer.verdict).unwrap().as_str().unwrap());
    for name in messages().names(&key) {
        assert!(name == "what" || !answer.parameters[name].is_null(), "{key} names {name}: {:?}", answer.parameters);
    }
    (answer.verdict, case, answer)
}

/// The sentences of the dashboard.
fn messages() -> Messages {
    Messages::parse(include_str!("../../../server/dashboard/src/messages/why.json"))
}

#[test]
fn the_dashboard_has_a_sentence_for_each_case() {
    let key =
        |case: &Case| format!("{}.{}", serde_json::to_value(case.verdict()).unwrap().as_str().unwrap(), case.name());
    let expected: BTreeSet<String> = Case::ALL.iter().map(key).collect();
    assert_eq!(expected.len(), Case::ALL.len());
    let messages = messages();
    let of_case = messages.keys().filter(|key| !key.starts_with("also.") && !key.starts_with("what."));
    assert_eq!(of_case.map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}

/// The event at second 10.
fn shipped() -> Vec<Activity> {
    vec![event(10, EVENT, "orders")]
}

#[test]
fn each_relation_of_a_connection_to_a_channel_has_its_answer() {
    use Verdict::{ConnectedAfter, DisconnectedBefore, ExcludedByToOthers, NoRecording, TooSlow};
    use Verdict::{Delivered, NotSubscribed, SubscriptionRefused, UnknownConnection};
    let ended = |second, reason| own(second, Disconnected).ended(reason);
    let refused = |second| on(second, RefusedSubscription).because("the signature is wrong");
    let waiting = || change(open(&[]), |open| open.waiting = BTreeSet::from(["orders".to_owned()]));
    let late =
        || change(open(&["orders"]), |open| open.connected_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(12));
    let cases: Vec<(&str, Subject, Vec<Activity>, Verdict, &str)> = vec![
        ("subscribed before", open(&["orders"]), vec![on(5, Subscribed)], Delivered, "sent"),
        ("subscribed before the recording", open(&["orders"]), vec![], Delivered, "sent"),
        ("left later", open(&[]), vec![on(12, Unsubscribed)], Delivered, "sent"),
        ("left and came back", open(&["orders"]), vec![on(5, Unsubscribed), on(7, Subscribed)], Delivered, "sent"),
        ("ended at once", gone(), vec![on(5, Subscribed), ended(11, Disconnect::NoPong)], Delivered, "ended_soon"),
        ("ended later", gone(), vec![on(5, Subscribed), ended(20, Disconnect::NoPong)], Delivered, "sent"),
        ("slow later", gone(), vec![on(5, Subscribed), ended(20, Disconnect::SlowReader)], TooSlow, "dropped"),
        ("slow much later", gone(), vec![on(5, Subscribed), ended(99, Disconnect::SlowReader)], Delivered, "sent"),
        ("slow before", gone(), vec![on(5, Subscribed), ended(8, Disconnect::OutboxesFull)], TooSlow, "closed"),
        ("ended before", gone(), vec![on(5, Subscribed), ended(8, Disconnect::NoPong)], DisconnectedBefore, "ended"),
        ("never", open(&[]), vec![], NotSubscribed, "never"),
        ("never, and gone", gone(), vec![own(2, Connected)], NotSubscribed, "never"),
        ("left before", open(&[]), vec![on(5, Subscribed), on(8, Unsubscribed)], NotSubscribed, "unsubscribed"),
        ("later", open(&["orders"]), vec![on(12, Subscribed)], NotSubscribed, "later"),
        ("waits", waiting(), vec![], NotSubscribed, "waiting"),
        ("refused", open(&[]), vec![refused(5)], SubscriptionRefused, "refused"),
        ("refused, later not", open(&["orders"]), vec![refused(5), on(12, Subscribed)], SubscriptionRefused, "refused"),
        ("refused again", open(&[]), vec![on(3, Unsubscribed), refused(5)], SubscriptionRefused, "refused"),
        ("connected later", open(&["orders"]), vec![own(11, Connected), on(12, Subscribed)], ConnectedAfter, "later"),
        ("connected later, not recorded", late(), vec![on(13, Subscribed)], ConnectedAfter, "later"),
        ("half recorded", gone(), vec![own(12, Disconnected)], NoRecording, "incomplete"),
        ("unknown", gone(), vec![], UnknownConnection, "connection"),
    ];
    for (name, subject, story, verdict, case) in cases {
        let (found, found_case, answer) = answer(subject, &records(shipped(), story));
        assert_eq!((found, found_case.as_str()), (verdict, case), "{name}: {}", answer.words);
    }
    let excluded = records(vec![event(10, EVENT, "orders").except(Some(socket()))], vec![on(5, Subscribed)]);
    let (verdict, case, answer_) = answer(open(&["orders"]), &excluded);
    assert_eq!((verdict, case.as_str()), (ExcludedByToOthers, "backend"), "{}", answer_.words);
    let whisper = new(10, ClientEvent).event(EVENT).channel("orders").socket(socket()).except(Some(socket()));
    let (verdict, case, _) = answer(open(&["orders"]), &records(vec![whisper], vec![]));
    assert_eq!((verdict, case.as_str()), (ExcludedByToOthers, "sender"));
}

#[test]
fn what_waits_for_a_connection_is_told() {
    let at = |second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    let blocked = |since| {
        change(open(&["orders"]), |open| {
            open.queued_frames = 3;
            open.blocked_since = Some(at(since));
        })
    };
    let (verdict, case, _) = answer(blocked(9), &records(shipped(), vec![]));
    assert_eq!((verdict, case.as_str()), (Verdict::TooSlow, "waits"));
    let (verdict, case, found) = answer(blocked(11), &records(shipped(), vec![]));
    assert_eq!((verdict, case.as_str(), &found.parameters["queued_frames"]), (Verdict::Delivered, "queued", &3.into()));
}

#[test]
fn another_name_channel_or_app_is_found() {
    let about = |events| answer(open(&["orders"]), &records(events, vec![]));
    let (verdict, _, found) = about(vec![event(10, "Shipped", "orders"), event(11, "Other", "orders")]);
    assert_eq!((verdict, &found.parameters["arrived_as"]), (Verdict::NameDiffers, &"Shipped".into()));
    assert!(found.words.contains("listen('.Shipped')"), "{}", found.words);
    let (verdict, case, found) = about(vec![event(10, EVENT, "private-orders")]);
    assert_eq!((verdict, case.as_str()), (Verdict::ChannelDiffers, "prefix"), "{}", found.words);
    assert_eq!(found.parameters["arrived_on"], "private-orders");
    let (verdict, case, _) = about(vec![event(10, EVENT, "orders.1")]);
    assert_eq!((verdict, case.as_str()), (Verdict::ChannelDiffers, "channel"));
    // The name on the right channel explains more than the right name on another channel.
    let (verdict, ..) = about(vec![event(10, "Shipped", "orders"), event(11, EVENT, "other")]);
    assert_eq!(verdict, Verdict::NameDiffers);
    let elsewhere = Arc::new(event(10, EVENT, "orders").app(&AppId::parse("2").unwrap()));
    let (verdict, case, found) =
        answer(open(&["orders"]), &Records { elsewhere: vec![elsewhere], ..records(vec![], vec![]) });
    assert_eq!((verdict, case.as_str(), &found.parameters["other_app"]), (Verdict::OtherApp, "event", &"2".into()));
    let other = Subject { socket_id: socket(), state: SubjectState::OfOtherApp("2".to_owned()) };
    let (verdict, case, _) = answer(other, &records(shipped(), vec![]));
    assert_eq!((verdict, case.as_str()), (Verdict::OtherApp, "connection"));
}

#[test]
fn what_has_not_arrived_is_told_with_what_was_refused() {
    let nothing = || records(vec![event(3, "Other", "lobby")], vec![]);
    let (verdict, case, found) = answer(open(&["orders"]), &nothing());
    assert_eq!((verdict, case.as_str()), (Verdict::NeverArrived, "nothing"));
    assert_eq!(found.parameters["subscribed_now"], true);
    let refused = Arc::new(new(9, RequestRefused).because("the signature is wrong"));
    let (verdict, case, found) =
        answer(open(&[]), &Records { refused_requests: vec![refused], has_peers: true, ..nothing() });
    assert_eq!((verdict, case.as_str()), (Verdict::NeverArrived, "refused_request"));
    assert!(found.words.contains("the signature is wrong") && found.words.contains("another node"), "{}", found.words);
    assert_eq!(found.evidence.len(), 1);
}

#[test]
fn without_a_recording_the_present_state_is_told() {
    let off = || Records { since: None, ..records(vec![], vec![]) };
    for (subject, verdict, case) in [
        (open(&["orders"]), Verdict::NoRecording, "subscribed_now"),
        (open(&[]), Verdict::NotSubscribed, "now"),
        (gone(), Verdict::UnknownConnection, "connection"),
    ] {
        let (found, found_case, _) = answer(subject, &off());
        assert_eq!((found, found_case.as_str()), (verdict, case));
    }
    let (verdict, case, _) = of(&question(Receiver::Anyone), &off());
    assert_eq!((verdict, case.as_str()), (Verdict::NoRecording, "nothing"));
}

#[test]
fn the_latest_event_counts_and_any_recorded_one_can_be_named() {
    let events = || vec![event(4, EVENT, "orders"), event(10, EVENT, "orders")];
    let story = || vec![on(6, Subscribed)];
    let (verdict, _, found) = answer(open(&["orders"]), &records(events(), story()));
    assert_eq!((verdict, &found.parameters["occurrences"]), (Verdict::Delivered, &2.into()));
    let named = Question { activity: Some(4), ..question(Receiver::Connection(open(&["orders"]))) };
    assert_eq!(of(&named, &records(events(), story())).0, Verdict::NotSubscribed);
    // Without a channel, the event on the channel of the connection is meant.
    let events = vec![event(4, EVENT, "orders"), event(10, EVENT, "orders.2")];
    let any = Question { channel: None, ..question(Receiver::Connection(open(&["orders"]))) };
    assert_eq!(of(&any, &records(events, vec![])).0, Verdict::Delivered);
}

#[test]
fn a_user_has_several_connections() {
    let second = Subject { socket_id: SocketId::from_random(8), ..open(&[]) };
    let user = |subjects| question(Receiver::User("ann".to_owned(), subjects));
    let (verdict, _, found) = of(&user(vec![open(&["orders"]), second]), &records(shipped(), vec![]));
    assert_eq!((verdict, &found.parameters["connections_with_event"]), (Verdict::NotSubscribed, &1.into()));
    assert!(found.words.contains("has 2 connections, and 1 of them"), "{}", found.words);
    assert_eq!(of(&user(vec![open(&["orders"]), gone()]), &records(shipped(), vec![])).0, Verdict::Delivered);
    let (verdict, case, _) = of(&user(vec![]), &records(shipped(), vec![]));
    assert_eq!((verdict, case.as_str()), (Verdict::UnknownConnection, "user"));
}

#[test]
fn events_of_a_user_go_to_the_connections_that_are_signed_in() {
    let mine = "#server-to-user-ann";
    let to_user = || vec![event(10, EVENT, mine).receivers(None)];
    let about = |subject, story| {
        let asked = Question { channel: Some(mine.to_owned()), ..question(Receiver::Connection(subject)) };
        of(&asked, &records(to_user(), story)).0
    };
    let signed_in = || change(open(&[]), |open| open.user_id = Some("ann".to_owned()));
    assert_eq!(about(signed_in(), vec![]), Verdict::Delivered);
    assert_eq!(about(signed_in(), vec![own(12, SignedIn).user(Some("ann"))]), Verdict::NotSubscribed);
    assert_eq!(about(open(&[]), vec![]), Verdict::NotSubscribed);
    assert_eq!(about(open(&[]), vec![own(5, SignInRefused).because("no")]), Verdict::SubscriptionRefused);
}

#[test]
fn a_channel_is_asked_about_without_a_connection() {
    let about = |receivers| {
        let event = event(10, EVENT, "orders").receivers(receivers);
        let (verdict, case, _) = of(&question(Receiver::Anyone), &records(vec![event], vec![]));
        (verdict, case)
    };
    assert_eq!(about(Some(3)), (Verdict::Delivered, "count".to_owned()));
    assert_eq!(about(Some(0)), (Verdict::NotSubscribed, "nobody".to_owned()));
    assert_eq!(about(None), (Verdict::Delivered, "user".to_owned()));
}

#[test]
fn an_uncertain_order_is_told() {
    let before = time(10) - SignedDuration::from_millis(5);
    let subscribed = at(before, Subscribed).numbered(9).socket(socket()).channel("orders");
    let (verdict, _, found) = answer(open(&["orders"]), &records(shipped(), vec![subscribed]));
    assert_eq!((verdict, &found.parameters["within_milliseconds"]), (Verdict::Delivered, &5.into()));
    assert!(found.words.contains("their order on the channel may have been the other one"), "{}", found.words);
}

#[test]
fn a_leading_dot_is_what_echo_writes() {
    let asked =
        |name: &str| Question { event: Some(name.to_owned()), ..question(Receiver::Connection(open(&["orders"]))) };
    let arrived = |name: &str| records(vec![event(10, name, "orders")], vec![on(5, Subscribed)]);
    let verdict = |question, records| of(&question, &records).0;
    assert_eq!(verdict(asked(".order.shipped"), arrived("order.shipped")), Verdict::Delivered);
    assert_eq!(verdict(asked("order.shipped"), arrived("order.shipped")), Verdict::Delivered);
    assert_eq!(verdict(asked(".order.shipped"), arrived(".order.shipped")), Verdict::Delivered, "as it is on the wire");
    for (name, wire, listen_to) in [
        ("order.shipped", ".order.shipped", "..order.shipped"),
        (".Shipped", EVENT, "Shipped"),
        ("Shipped", EVENT, "Shipped"),
        ("Shop\\Shipped", EVENT, "Shipped"),
        (EVENT, "Shipped", ".Shipped"),
    ] {
        let (verdict, _, answer) = of(&asked(name), &arrived(wire));
        assert_eq!(
            (verdict, &answer.parameters["listen_to"]),
            (Verdict::NameDiffers, &listen_to.into()),
            "{name} {wire}"
        );
    }
    let (_, _, answer) = of(&asked(".order.shipped"), &arrived("order.shipped"));
    assert_eq!(
        (&answer.parameters["event"], &answer.parameters["is_echo_name"]),
        (&"order.shipped".into(), &true.into())
    );
}

#[test]
fn a_client_that_recovers_gets_what_it_missed() {
    let story =
        || vec![own(11, Connected), on(12, Subscribed), on(12, Recovered).because("1 missed event was sent again")];
    let (verdict, case, found) = answer(open(&["orders"]), &records(shipped(), story()));
    assert_eq!((verdict, case.as_str()), (Verdict::Delivered, "recovered"), "{}", found.words);
    let lost = vec![own(11, Connected), on(12, Subscribed), on(12, NotRecovered).because("expired")];
    assert_eq!(answer(open(&["orders"]), &records(shipped(), lost)).0, Verdict::ConnectedAfter);
}
