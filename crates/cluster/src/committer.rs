//! Tells the ledger what has changed here.
//!
//! One task. It takes what is due, sends it as one batch, and tells who waits; what happens meanwhile is the next
//! batch. So ten thousand sockets that go at once become some dozens of round trips, and who joins goes first.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use clairon_protocol::AppId;
use redis::Value;

use crate::{
    Notice, Place,
    backoff::Backoff,
    core::Core,
    engine::{Answer, Failure},
    health::TroubleKind,
    keys::{NodeId, Topic},
    scripts::{self, Change, ClientsReply, Reply, Request},
    survivors::Suspect,
};

/// The most changes sent together.
const BATCH: usize = 256;

/// Runs until the node is to leave, and ends between two batches.
pub(crate) async fn run(core: Arc<Core>) {
    let mut backoff = Backoff::within(core.settings.beat);
    let mut stopping = core.stopping.subscribe();
    while !core.is_stopping() {
        let pause = match core.id() {
            Some(node) => match commit(&core, &node).await {
                Ok(true) => {
                    backoff.reset();
                    continue;
                }
                Ok(false) => None,
                Err(failure) => {
                    core.trouble(TroubleKind::CannotWrite, &failure);
                    core.beat.notify_one();
                    Some(backoff.next())
                }
            },
            // The next beat registers the node, and rings.
            None => None,
        };
        tokio::select! {
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
            () = core.work.notified(), if pause.is_none() => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Commits one batch. False where nothing was due.
async fn commit(core: &Core, node: &NodeId) -> Result<bool, Failure> {
    let (changes, clients, watched) = {
        let mut local = core.local.lock();
        (local.shares.take(node, BATCH), local.clients.take_prompt(BATCH), local.watches.take(BATCH))
    };
    if changes.is_empty() && clients.is_empty() && watched.is_empty() {
        return Ok(false);
    }
    let result = async {
        if !fence(core, node, &changes, &clients).await? {
            return Ok(None);
        }
        let mut requests: Vec<Request> = Vec::with_capacity(changes.len() + clients.len() + watched.len());
        requests.extend(changes.iter().map(|change| change.request(&core.keys, core.remembered())));
        requests.extend(clients.iter().map(|clients| clients.request(&core.keys, node)));
        requests.extend(watched.iter().map(|place| scripts::online(&core.keys, place)));
        core.ledger.run(&requests).await.map(Some)
    };
    let mut answers = match result.await {
        Ok(Some(answers)) => answers.into_iter(),
        unanswered => {
            let mut local = core.local.lock();
            for change in &changes {
                local.shares.fail(change);
            }
            for place in watched {
                local.watches.ask(place);
            }
            drop(local);
            if unanswered.is_ok() {
                core.lose(node);
            }
            return unanswered.map(|_| true);
        }
    };
    let mut progress = Progress::default();
    for (change, answer) in changes.iter().zip(answers.by_ref()) {
        progress.note(settle_change(core, node, change, answer));
    }
    for (request, answer) in clients.iter().zip(answers.by_ref()) {
        progress.note(settle_clients(core, request, answer));
    }
    for (place, answer) in watched.into_iter().zip(answers) {
        progress.note(settle_online(core, place, answer));
    }
    unindex(core, node).await;
    progress.result(core)
}

/// What became of a batch: progress where anything succeeded, so that what fails for ever holds nobody up.
#[derive(Default)]
struct Progress {
    has_success: bool,
    failure: Option<Failure>,
}

impl Progress {
    fn note(&mut self, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.has_success = true,
            Err(failure) => self.failure = Some(failure),
        }
    }

    fn result(self, core: &Core) -> Result<bool, Failure> {
        match self.failure {
            Some(failure) if !self.has_success => Err(failure),
            // The beat finds out which rights are lacking, and when they no longer are.
            Some(failure) if failure.is_denial() => {
                core.trouble(TroubleKind::CannotWrite, &failure);
                core.beat.notify_one();
                Ok(true)
            }
            Some(failure) => {
                if let Some(held_back) = core.not_taken.pass(Instant::now()) {
                    tracing::warn!(%failure, held_back, "a part of the changes was not taken and will be sent again");
                }
                Ok(true)
            }
            None => Ok(true),
        }
    }
}

/// Writes down where the node is about to have shares. False where its lease is gone.
async fn fence(core: &Core, node: &NodeId, changes: &[Change], clients: &[scripts::Clients]) -> Result<bool, Failure> {
    let mut by_app: BTreeMap<AppId, Vec<&Place>> = BTreeMap::new();
    let epoch = {
        let local = core.local.lock();
        for place in local.shares.unfenced(changes) {
            by_app.entry(place.app.clone()).or_default().push(place);
        }
        for app in local.clients.unfenced(clients) {
            by_app.entry(app).or_default();
        }
        local.epoch
    };
    let request = |(app, places): (&AppId, &Vec<&Place>)| {
        scripts::fence(&core.keys, node, app, places.iter().map(|place| &place.channel))
    };
    let requests: Vec<Request> = by_app.iter().map(request).collect();
    for answer in core.ledger.run(&requests).await? {
        if answer? != Value::Int(1) {
            return Ok(false);
        }
    }
    let mut local = core.local.lock();
    // Otherwise it was for an id that is no more, or Redis may have forgotten it.
    if local.epoch == epoch {
        for (app, places) in &by_app {
            local.shares.fenced(places);
            local.clients.fenced(app);
        }
    }
    Ok(true)
}

fn settle_change(core: &Core, node: &NodeId, change: &Change, answer: Answer) -> Result<(), Failure> {
    let reply = answer.and_then(|value| {
        Reply::parse(value).ok_or_else(|| Failure::new("the ledger's answer to a change is not understood"))
    });
    match reply {
        Ok(Reply::Done(mut outcome)) => {
            let nodes = std::mem::take(&mut outcome.nodes);
            core.suspect(nodes, |node| Suspect::Share { node, place: change.place.clone() });
            let settled = core.local.lock().shares.settle(change, outcome);
            core.announce(&change.place, settled);
            Ok(())
        }
        Ok(Reply::Lost) => {
            if core.local.lock().shares.lose(change) {
                core.lose(node);
            }
            Ok(())
        }
        Err(failure) => {
            core.local.lock().shares.fail(change);
            Err(failure)
        }
    }
}

fn settle_clients(core: &Core, request: &scripts::Clients, answer: Answer) -> Result<(), Failure> {
    let reply = ClientsReply::parse(answer?)
        .ok_or_else(|| Failure::new("the ledger's answer to a count of clients is not understood"))?;
    core.suspect(reply.nodes, |node| Suspect::Clients { node, app: request.app.clone() });
    core.local.lock().clients.settle(request, reply.admitted);
    Ok(())
}

fn settle_online(core: &Core, place: Place, answer: Answer) -> Result<(), Failure> {
    let Some(Some((version, is_online))) = answer.as_ref().ok().cloned().map(scripts::parse_online) else {
        core.local.lock().watches.ask(place);
        return Err(answer.err().unwrap_or_else(|| Failure::new("the ledger's answer to a user is not understood")));
    };
    if core.local.lock().watches.is_watched(&place)
        && let Some(user_id) = place.channel.user_id().map(Into::into)
    {
        (core.deliver)(Notice::Online { app: place.app, user_id, version, is_online });
    }
    Ok(())
}

/// Takes places out of the node's index. Where that fails they stay, which costs whoever cleans up a look.
async fn unindex(core: &Core, node: &NodeId) {
    let places = core.local.lock().shares.take_unindexed();
    let mut by_app: BTreeMap<&AppId, redis::Cmd> = BTreeMap::new();
    for place in &places {
        let command = by_app.entry(&place.app).or_insert_with(|| {
            let mut command = redis::cmd("SREM");
            command.arg(core.keys.index(node, &place.app));
            command
        });
        command.arg(place.channel.as_str());
    }
    let requests: Vec<Request> = by_app.into_values().map(Request::Command).collect();
    if let Err(failure) = core.ledger.run(&requests).await {
        tracing::debug!(%failure, "places stay in the node's index");
    }
}

/// Tells the ledger of the clients of all apps, those without a capacity too.
pub(crate) async fn commit_clients(core: &Core, node: &NodeId) -> Result<(), Failure> {
    let due = core.local.lock().clients.take_all();
    for requests in due.chunks(BATCH) {
        if !fence(core, node, &[], requests).await? {
            core.lose(node);
            return Ok(());
        }
        let calls: Vec<Request> = requests.iter().map(|clients| clients.request(&core.keys, node)).collect();
        for (request, answer) in requests.iter().zip(core.ledger.run(&calls).await?) {
            settle_clients(core, request, answer)?;
        }
    }
    Ok(())
}

/// What a topic that is subscribed to needs next.
pub(crate) fn subscribed(core: &Core, names: &[String]) {
    let mut local = core.local.lock();
    local.topics.subscribed(names);
    for topic in names.iter().filter_map(|name| core.keys.parse_topic(name)) {
        match topic {
            Topic::Channel(place) => local.shares.ready(&place),
            Topic::Online(place) => local.watches.ask(place),
        }
    }
    drop(local);
    core.work.notify_one();
}
