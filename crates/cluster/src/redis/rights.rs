//! The rights that the user of Redis needs, and finding out which of them are missing.

use std::collections::BTreeSet;

use redis::{RedisResult, Value};

use super::{
    failure::{Failure, is_denial},
    keys::{self, Keys},
    scripts::{FailedCommand, parse_failed},
    url::RedisUrl,
};

/// Stands for a key in [`TRIED`].
const KEY: &str = "KEY";

/// Every command that nodes send, in scripts and outside, with harmless arguments. In this order they leave no key
/// behind. Commands for scripts and topics are added in [`Rights::tried`] and [`Rights::commands`].
const TRIED: [&[&str]; 22] = [
    &["set", KEY, "", "px", "60000"],
    &["get", KEY],
    &["exists", KEY],
    &["pttl", KEY],
    &["pexpire", KEY, "60000"],
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

/// The rights that the user of Redis needs, in the notation of `ACL SETUSER`.
pub(crate) struct Rights {
    user: String,
    /// The beginning of all keys and topics, as a pattern.
    prefix: String,
    /// The key, and the topic, for trying commands.
    key: String,
    is_sharded: bool,
    has_database: bool,
}

impl Rights {
    /// The rights for this URL.
    pub(crate) fn new(url: &RedisUrl, keys: &Keys) -> Self {
        Self {
            user: url.user.clone().unwrap_or_else(|| "default".to_owned()),
            prefix: keys::escape(keys.prefix()),
            key: keys.probe(),
            is_sharded: url.is_sharded(),
            has_database: url.db > 0,
        }
    }

    /// The topic for trying subscriptions.
    pub(super) fn topic(&self) -> &str {
        &self.key
    }

    /// The commands that subscribe and unsubscribe.
    pub(super) const fn subscribing(&self) -> [&'static str; 2] {
        if self.is_sharded { ["ssubscribe", "sunsubscribe"] } else { ["subscribe", "unsubscribe"] }
    }

    /// Adds to `missing` what the answer of one server to the script that tries commands shows. `command` ran the
    /// script.
    ///
    /// # Errors
    /// The script failed for another reason than a missing right.
    pub(super) fn note_tried(
        &self,
        command: &str,
        answer: RedisResult<Value>,
        missing: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.note(command, error, missing),
        };
        let tried = self.tried();
        for FailedCommand { command, error } in parse_failed(answer)?.iter().filter(|failed| is_denial(&failed.error)) {
            if let Some(words) = usize::try_from(*command).ok().and_then(|number| tried.get(number.checked_sub(1)?)) {
                missing.insert(self.right(&name(words), error));
            }
        }
        Ok(())
    }

    /// Adds to `missing` the right that an error of a command shows.
    ///
    /// # Errors
    /// The command failed for another reason than a missing right.
    pub(super) fn note(
        &self,
        command: &str,
        error: redis::RedisError,
        missing: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let failure = Failure::from(error);
        if !failure.is_denial() {
            return Err(failure);
        }
        missing.insert(self.right(command, &failure.to_string()));
        Ok(())
    }

    /// Fails if a right is missing, and names all that are.
    pub(super) fn result(&self, missing: BTreeSet<String>) -> Result<(), Failure> {
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.into_iter().collect::<Vec<_>>().join(" ");
        Err(Failure::denied(format!("its user {} lacks the rights {missing}", self.user)))
    }

    /// The cause of a failure; if rights are missing, with the command that gives them.
    pub(super) fn explain(&self, failure: &Failure) -> String {
        if failure.is_denial() {
            format!("{failure}. Have an administrator of Redis run: {}", self.line())
        } else {
            failure.to_string()
        }
    }

    /// The command that gives the user all rights. It takes none away.
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

    /// The commands to try, each a list of words.
    pub(super) fn tried(&self) -> Vec<Vec<&str>> {
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

    /// The missing right, by the error of a command. Redis 7.0 has other words than later versions and Valkey. An error
    /// may contain the name of a user, which may be any text, so the words about commands are looked for first.
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

/// The name of a command in the notation of `ACL SETUSER`.
fn name(words: &[&str]) -> String {
    if words[0] == "cluster" { words.join("|") } else { words[0].to_owned() }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn rights(url: &str) -> Rights {
        let url: RedisUrl = url.parse().unwrap();
        Rights::new(&url, &Keys::new("a[b]", url.db, url.is_sharded()))
    }

    fn refused(words: &'static str) -> bool {
        Failure::from(redis::make_extension_error("ERR".to_owned(), Some(words.to_owned()))).is_denial()
    }

    /// Every text between `before` and the next `after`.
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
    fn the_list_has_exactly_the_commands_that_are_sent() {
        let sent: BTreeSet<String> = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
            .iter()
            .flat_map(|text| {
                let in_rust = found(text, concat!("redis::", "cmd(\""), '"');
                let in_lua = found(text, concat!("redis.", "call('"), '\'');
                in_rust.chain(in_lua).map(str::to_lowercase).collect::<Vec<_>>()
            })
            // It is sent to Sentinels, which have other users.
            .filter(|command| command != "sentinel")
            // Its subcommands are listed instead.
            .filter(|command| command != "cluster")
            .collect();
        // Their names do not stand in the code, or in variables.
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
