//! What the user of Redis has to be allowed.

use std::collections::BTreeSet;

use redis::{RedisResult, Value};

use super::{Call, script};
use crate::{
    RedisUrl,
    engine::{Failure, is_denial},
    keys::{self, Keys},
    url::Topology,
};

/// Stands for the key that [`TRIED`] commands use.
const KEY: &str = "KEY";

/// Every command on data that nodes send, from within a script or not, with arguments that do no harm. In this order
/// they leave no key behind.
const TRIED: [&[&str]; 21] = [
    &["set", KEY, "", "px", "60000"],
    &["get", KEY],
    &["exists", KEY],
    &["pttl", KEY],
    &["del", KEY],
    &["sadd", KEY, "x"],
    &["smembers", KEY],
    &["srandmember", KEY, "1"],
    &["sscan", KEY, "0"],
    &["srem", KEY, "x"],
    &["hset", KEY, "x", "0"],
    &["hincrby", KEY, "x", "1"],
    &["hget", KEY, "x"],
    &["hmget", KEY, "x"],
    &["hgetall", KEY],
    &["hkeys", KEY],
    &["hexists", KEY, "x"],
    &["hdel", KEY, "x"],
    &["time"],
    &["ping"],
    &["info", "server"],
];

/// What the user of Redis has to be allowed, in the notation of `ACL SETUSER`.
pub(crate) struct Rights {
    user: String,
    /// All keys and all topics begin with it.
    prefix: String,
    /// The key that is tried; it is a topic too.
    key: String,
    is_sharded: bool,
    has_database: bool,
}

impl Rights {
    /// Those that nodes need behind this URL.
    pub(crate) fn new(url: &RedisUrl, keys: &Keys) -> Self {
        Self {
            user: url.user.clone().unwrap_or_else(|| "default".to_owned()),
            prefix: keys::escape(keys.prefix()),
            key: keys.probe(),
            is_sharded: matches!(url.topology, Topology::Cluster),
            has_database: url.db > 0,
        }
    }

    /// The topic that is subscribed to and published to, to see whether that is allowed.
    pub(crate) fn topic(&self) -> &str {
        &self.key
    }

    /// Commands that subscribe, and unsubscribe.
    pub(crate) const fn subscribing(&self) -> [&'static str; 2] {
        if self.is_sharded { ["ssubscribe", "sunsubscribe"] } else { ["subscribe", "unsubscribe"] }
    }

    /// A script that tries what can be tried from within one; [`Self::note_tried`] reads the answer.
    pub(crate) fn call(&self) -> Call {
        let (script, source) = script!("rights.lua");
        self.tried().iter().fold(Call::new(script, source, Vec::new()), |call, words| {
            words.iter().fold(call.number(words.len()), |call, word| call.arg(*word))
        })
    }

    /// Adds to `lacking` what the answer of one server to [`Self::call`] shows.
    ///
    /// # Errors
    /// Where the script failed for another reason than a missing right.
    pub(crate) fn note_tried(
        &self,
        command: &str,
        answer: RedisResult<Value>,
        lacking: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.note(command, error, lacking),
        };
        let failed: Vec<String> = redis::from_redis_value(answer)
            .map_err(|error| Failure::new(format!("the answer is not understood: {error}")))?;
        let tried = self.tried();
        for pair in failed.chunks_exact(2).filter(|pair| is_denial(&pair[1])) {
            let words = pair[0].parse::<usize>().ok().and_then(|number| tried.get(number.checked_sub(1)?));
            if let Some(words) = words {
                lacking.insert(self.right(&name(words), &pair[1]));
            }
        }
        Ok(())
    }

    /// Adds to `lacking` the right that a command was refused for.
    ///
    /// # Errors
    /// Where it failed for another reason.
    pub(crate) fn note(
        &self,
        command: &str,
        error: redis::RedisError,
        lacking: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let failure = Failure::from(error);
        if !failure.is_denial() {
            return Err(failure);
        }
        lacking.insert(self.right(command, &failure.to_string()));
        Ok(())
    }

    /// Says which rights are lacking.
    ///
    /// # Errors
    /// Where any are.
    pub(crate) fn result(&self, lacking: BTreeSet<String>) -> Result<(), Failure> {
        if lacking.is_empty() {
            return Ok(());
        }
        let lacking = lacking.into_iter().collect::<Vec<_>>().join(" ");
        Err(Failure::denied(format!("its user {} lacks the rights {lacking}", self.user)))
    }

    /// Why something failed; with the command that an operator of Redis gives where rights are lacking.
    pub(crate) fn explain(&self, failure: &Failure) -> String {
        if failure.is_denial() {
            format!("{failure}. Have an administrator of Redis run: {}", self.line())
        } else {
            failure.to_string()
        }
    }

    /// The command that gives the user all rights, and takes none away.
    fn line(&self) -> String {
        let mut line = format!("ACL SETUSER {} {} {}", self.user, self.keys(), self.channels());
        for command in self.commands() {
            line = line + " +" + &command;
        }
        line
    }

    fn keys(&self) -> String {
        format!("~{}:*", self.prefix)
    }

    fn channels(&self) -> String {
        format!("&{}:*", self.prefix)
    }

    fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = self.tried().iter().map(|words| name(words)).collect();
        commands.extend(["eval", "evalsha"].into_iter().chain(self.subscribing()).map(str::to_owned));
        commands.extend(self.has_database.then(|| "select".to_owned()));
        commands
    }

    fn tried(&self) -> Vec<Vec<&str>> {
        let with_key = |words: &&[&'static str]| {
            words.iter().map(|word| if *word == KEY { self.key.as_str() } else { word }).collect()
        };
        let mut tried: Vec<Vec<&str>> = TRIED.iter().map(with_key).collect();
        tried.push(vec![if self.is_sharded { "spublish" } else { "publish" }, &self.key, ""]);
        if self.is_sharded {
            tried.extend([vec!["cluster", "info"], vec!["cluster", "slots"]]);
        }
        tried
    }

    /// What is lacking where a command was refused in these words. They are of Redis 7.0, then of later ones and
    /// Valkey: the command is named first, as the name of a user may be anything.
    fn right(&self, command: &str, refusal: &str) -> String {
        if refusal.contains("run this command") || refusal.contains("to run the '") {
            format!("+{command}")
        } else if refusal.contains("channel") {
            self.channels()
        } else {
            self.keys()
        }
    }
}

/// A command's name in the notation of `ACL SETUSER`.
fn name(words: &[&str]) -> String {
    if words[0] == "cluster" { words.join("|") } else { words[0].to_owned() }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn rights(url: &str) -> Rights {
        let url: RedisUrl = url.parse().unwrap();
        let is_sharded = matches!(url.topology, Topology::Cluster);
        Rights::new(&url, &Keys::new("a[b]", url.db, is_sharded))
    }

    fn refused(words: &'static str) -> bool {
        Failure::from(redis::make_extension_error("ERR".to_owned(), Some(words.to_owned()))).is_denial()
    }

    /// All text between `before` and the next `after`.
    fn found<'a>(text: &'a str, before: &'a str, after: char) -> impl Iterator<Item = &'a str> {
        text.split(before).skip(1).filter_map(move |rest| Some(rest.split_once(after)?.0))
    }

    /// The text of every file below a folder.
    fn texts(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { texts(&path) } else { vec![fs::read_to_string(path).unwrap()] })
            .collect()
    }

    #[test]
    fn each_command_that_is_sent_is_in_the_list_and_no_other() {
        let sent: BTreeSet<String> = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
            .iter()
            .flat_map(|text| {
                let in_rust = found(text, concat!("redis::", "cmd(\""), '"');
                let in_lua = found(text, concat!("redis.", "call('"), '\'');
                in_rust.chain(in_lua).map(str::to_lowercase).collect::<Vec<_>>()
            })
            // A connection to a Sentinel, which has rights of its own.
            .filter(|command| command != "sentinel")
            // Asked with its subcommand.
            .filter(|command| command != "cluster")
            .collect();
        // What is sent under names that are not written out.
        let by_name = ["eval", "evalsha", "publish", "subscribe", "unsubscribe"].map(str::to_owned);
        let listed: BTreeSet<String> = rights("redis://h").commands().into_iter().collect();
        assert_eq!(sent.into_iter().chain(by_name).collect::<BTreeSet<_>>(), listed);
    }

    #[test]
    fn the_line_is_for_the_user_and_the_kind_of_server() {
        let line = rights("redis://h").line();
        assert!(line.starts_with(r"ACL SETUSER default ~a\[b\]:* &a\[b\]:* +set +get "), "{line}");
        assert!(line.ends_with(" +info +publish +eval +evalsha +subscribe +unsubscribe"), "{line}");
        let line = rights("redis+sentinel://site:p@h/main/3").line();
        assert!(line.starts_with("ACL SETUSER site ") && line.ends_with(" +unsubscribe +select"), "{line}");
        let line = rights("redis+cluster://h").line();
        assert!(line.ends_with(" +spublish +cluster|info +cluster|slots +eval +evalsha +ssubscribe +sunsubscribe"));
    }

    #[test]
    fn refusals_of_each_version_are_understood() {
        let rights = rights("redis://h");
        for (words, right) in [
            ("The user executing the script can't run this command or subcommand", "+hset"),
            ("this user has no permissions to run the 'hset' command", "+hset"),
            ("ACL failure in script: User channel has no permissions to run the 'hset' command", "+hset"),
            ("The user executing the script can't publish to the channel mentioned in the command", r"&a\[b\]:*"),
            ("this user has no permissions to access one of the channels used as arguments", r"&a\[b\]:*"),
            ("ACL failure in script: No permissions to access a channel", r"&a\[b\]:*"),
            (
                "The user executing the script can't access at least one of the keys mentioned in the command arguments",
                r"~a\[b\]:*",
            ),
            ("this user has no permissions to access one of the keys used as arguments", r"~a\[b\]:*"),
            ("User site has no permissions to access the 'a' key", r"~a\[b\]:*"),
        ] {
            assert!(refused(words), "{words}");
            assert_eq!(rights.right("hset", words), right, "{words}");
        }
        assert!(!refused("Script attempted to access a non local key in a cluster node"));
        assert!(!refused("OOM command not allowed when used memory > 'maxmemory'"));
    }
}
