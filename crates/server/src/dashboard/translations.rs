//! The reasons that the dashboard translates, as tests compare them with the server.

use std::collections::BTreeSet;

/// A reason of a refusal, or of an end, with its translation.
#[derive(Debug)]
struct Template<'a> {
    /// The English text between the placeholders.
    parts: Vec<&'a str>,
    /// True for each placeholder that stands for another reason.
    are_reasons: Vec<bool>,
}

/// The templates of reasons.
#[derive(Debug)]
pub(super) struct Reasons<'a>(Vec<Template<'a>>);

impl<'a> Reasons<'a> {
    pub(super) fn parse(pairs: &'a [(String, String)]) -> Self {
        let template = |(english, french): &'a (String, String)| {
            assert_eq!(placeholders(english), placeholders(french), "{english}");
            let mut parts = vec![english.split('{').next().unwrap_or_default()];
            let mut are_reasons = Vec::new();
            for (name, part) in english.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                are_reasons.push(name.starts_with('*'));
                parts.push(part);
            }
            Template { parts, are_reasons }
        };
        Self(pairs.iter().map(template).collect())
    }

    /// True if the dashboard has a translation of this reason and of the reasons in it.
    pub(super) fn has(&self, reason: &str) -> bool {
        let values = self.0.iter().find_map(|template| Some((template, template.values(reason)?)));
        values.is_some_and(|(template, values)| {
            template.are_reasons.iter().zip(values).all(|(is_reason, value)| !is_reason || self.has(value))
        })
    }
}

impl Template<'_> {
    /// The values of the placeholders, as the page finds them: each part is looked for once, the last one at the end.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.parts.split_first()?;
        let mut rest = text.strip_prefix(first)?;
        let mut values = Vec::new();
        for (index, part) in others.iter().enumerate() {
            let is_last = index + 1 == others.len();
            let end = if is_last { rest.len().checked_sub(part.len())? } else { rest.find(part)? };
            values.push(rest.get(..end)?);
            rest = rest.get(end..)?.strip_prefix(part)?;
        }
        rest.is_empty().then_some(values)
    }
}

/// The names between braces, without their forms.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let inner = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inner
        .filter_map(|(name, _)| name.split([':', '|']).next())
        .map(|name| name.trim_start_matches(['*', '!']))
        .collect()
}
