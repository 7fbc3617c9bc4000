//! Finding the secrets of all apps in a text.

use std::{borrow::Cow, sync::Arc};

use crate::app::App;

/// How a secret begins. A shorter one is not looked for: it is part of many a word, and none to speak of.
type Start = [u8; 8];

/// The secrets of all apps, sorted by how they begin.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<(Start, Arc<App>)>);

impl Secrets {
    pub(crate) fn of(apps: &[Arc<App>]) -> Self {
        let starts = |app: &Arc<App>| {
            let secrets =
                app.credentials.iter().filter_map(|credential| credential.secret.expose().as_bytes().first_chunk());
            secrets.map(|start| (*start, app.clone())).collect::<Vec<_>>()
        };
        let mut secrets: Vec<_> = apps.iter().flat_map(starts).collect();
        secrets.sort_unstable_by_key(|(start, _)| *start);
        Self(secrets)
    }

    /// The first characters of a text, with each secret that begins among them taken out as a whole.
    pub(crate) fn hide<'a>(&self, text: &'a str, chars: usize) -> Cow<'a, str> {
        let end = text.char_indices().nth(chars).map_or(text.len(), |(end, _)| end);
        let (mut hidden, mut shown, mut at) = (String::new(), 0, 0);
        while at < end {
            let Some(length) = self.length_at(&text.as_bytes()[at..]) else {
                at += 1;
                continue;
            };
            hidden += &text[shown..at];
            hidden += "[a secret]";
            at += length;
            shown = at;
        }
        if shown == 0 { text[..end].into() } else { (hidden + &text[shown.min(end)..end]).into() }
    }

    /// How long the longest secret is that a text begins with.
    fn length_at(&self, text: &[u8]) -> Option<usize> {
        let start = text.first_chunk::<8>()?;
        let first = self.0.partition_point(|(other, _)| other < start);
        let apps = self.0[first..].iter().take_while(|(other, _)| other == start).map(|(_, app)| app);
        let secrets =
            apps.flat_map(|app| app.credentials.iter()).map(|credential| credential.secret.expose().as_bytes());
        // The app may have others, which are too short.
        secrets.filter(|secret| secret.len() >= start.len() && text.starts_with(secret)).map(<[u8]>::len).max()
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Secret;

    use super::*;
    use crate::Credential;

    fn secrets(all: &[&str]) -> Secrets {
        let app = |secret: &&str| {
            let mut app = App::random();
            app.credentials =
                Credential::new(app.credentials.newest().key.clone(), Secret::parse(secret).unwrap()).into();
            Arc::new(app)
        };
        Secrets::of(&all.iter().map(app).collect::<Vec<_>>())
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let secrets = secrets(&["0123456789", "0123456789ab", "äöü-äöü-äöü", "short"]);
        let hide = |text| secrets.hide(text, usize::MAX).into_owned();
        assert_eq!(hide("0123456789"), "[a secret]");
        assert_eq!(hide("x0123456789ab0123456789y"), "x[a secret][a secret]y");
        assert_eq!(hide("é äöü-äöü-äöü é"), "é [a secret] é");
        assert_eq!(hide("012345678 short äöü-äöü-äö"), "012345678 short äöü-äöü-äö");
        assert!(matches!(secrets.hide("", 3), Cow::Borrowed("")));
    }

    #[test]
    fn of_a_secret_that_is_cut_nothing_is_left() {
        let secrets = secrets(&["0123456789"]);
        let text = "ab01234567890123456789cd";
        assert_eq!(secrets.hide(text, 2), "ab");
        assert_eq!(secrets.hide(text, 3), "ab[a secret]");
        assert_eq!(secrets.hide(text, 12), "ab[a secret]");
        assert_eq!(secrets.hide(text, 13), "ab[a secret][a secret]");
        assert_eq!(secrets.hide(text, 23), "ab[a secret][a secret]c");
        assert_eq!(secrets.hide("äöü", 2), "äö");
    }
}
