//! The channels of an endpoint.

use super::invalid::{InvalidWebhook, beginning};
use crate::{glob::Glob, wrong_size::WrongSize};

/// The most patterns of an endpoint.
pub const CHANNEL_GLOBS: usize = 50;
/// The longest pattern, in bytes. This is the largest value of an app's limit of channel names.
pub const CHANNEL_GLOB_BYTES: usize = 1_000;

/// Patterns of channel names, in which `*` matches any text. Empty: all channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelGlobs(Box<[ChannelGlob]>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct ChannelGlob {
    text: Box<str>,
    glob: Glob,
}

impl ChannelGlobs {
    /// Parses patterns. No pattern means all channels.
    ///
    /// # Errors
    /// There are more than [`CHANNEL_GLOBS`], or a pattern is too long or cannot match any channel.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Self, InvalidWebhook> {
        WrongSize::check("channels", patterns.len(), "entries", 0..=CHANNEL_GLOBS)?;
        let parse = |(index, pattern): (usize, &T)| {
            let (position, text) = (index + 1, pattern.as_ref());
            if !(1..=CHANNEL_GLOB_BYTES).contains(&text.len()) {
                return Err(InvalidWebhook::ChannelSize { position, size: text.len(), max: CHANNEL_GLOB_BYTES });
            }
            if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-=@,.;*".contains(&byte)) {
                return Err(InvalidWebhook::Channel { position, shown: beginning(text) });
            }
            Ok(ChannelGlob { text: text.into(), glob: Glob::new(text) })
        };
        Ok(Self(patterns.iter().enumerate().map(parse).collect::<Result<_, _>>()?))
    }

    /// True if the endpoint receives events of this channel.
    #[must_use]
    pub fn contain(&self, channel: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|entry| entry.glob.matches(channel))
    }

    /// The patterns as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| &*entry.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_patterns_will_do() {
        let globs = ChannelGlobs::parse(&["presence-*", "private-order.*", "news"]).unwrap();
        for (channel, expected) in
            [("presence-a", true), ("private-order.7", true), ("news", true), ("private-a", false), ("new", false)]
        {
            assert_eq!(globs.contain(channel), expected, "{channel}");
            assert!(ChannelGlobs::default().contain(channel));
        }
        assert_eq!(globs.iter().collect::<Vec<_>>(), ["presence-*", "private-order.*", "news"]);
    }

    #[test]
    fn what_can_match_no_channel_is_refused() {
        let (long, longest) = ("a".repeat(1_001), "a".repeat(1_000));
        assert!(ChannelGlobs::parse(&vec![longest.as_str(); 50]).is_ok());
        for (patterns, error) in [
            (
                vec!["a", "b c"],
                "entry 2 of channels is \"b c\", allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text",
            ),
            (
                vec!["#server-to-user-1"],
                "entry 1 of channels is \"#server-to-user-1\", allowed are A-Z a-z 0-9 _ - = @ , . ; and * for any text",
            ),
            (vec![""], "entry 1 of channels has 0 bytes, allowed are 1 to 1000"),
            (vec![&long], "entry 1 of channels has 1001 bytes, allowed are 1 to 1000"),
            (vec!["a"; 51], "channels has 51 entries, allowed are 0 to 50"),
        ] {
            assert_eq!(ChannelGlobs::parse(&patterns).unwrap_err().to_string(), error);
        }
    }
}
