//! The sentences of the dashboard about what checks find.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::messages::Messages;

#[test]
fn the_dashboard_has_sentences_for_each_finding() {
    let messages = Messages::parse(include_str!("../../../server/dashboard/src/messages/checks.json"));
    let mut expected = BTreeSet::new();
    for finding in Finding::ALL {
        let (id, title) = finding.subject();
        let key = format!("{id}.{}", finding.case());
        assert_eq!(messages.english(id), title);
        assert!(expected.insert(key.clone()), "{key} is there twice");
        // The first finding about a subject is that all is well, for which there is no advice.
        let is_first = Finding::ALL.iter().find(|it| it.subject().0 == id) == Some(finding);
        let is_harmless = is_first || *finding == Finding::FromThisMachine;
        assert_eq!(messages.keys().any(|it| it == format!("{key}.advice")), !is_harmless, "{key}");
    }
    let is_sentence = |key: &&str| key.contains('.') && !key.ends_with(".advice");
    assert_eq!(messages.keys().filter(is_sentence).map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}
