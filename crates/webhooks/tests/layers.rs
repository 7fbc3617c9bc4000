//! The sender is independent: it imports nothing of this crate except its input, its output and the settings.

use std::{fs, path::Path};

const IMPORTS: [&str; 4] = [
    "crate::delivery::Delivery;",
    "crate::fence::Fence;",
    "crate::settings::WebhookSettings;",
    "crate::{\n    delivery::{Answer, Delivery, Outcome},\n    settings::WebhookSettings,\n};",
];

#[test]
fn the_sender_knows_nothing_of_the_store() {
    let mut files = 0;
    for entry in fs::read_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/send"))).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a text");
        for import in text.split("use ").filter(|import| import.starts_with("crate::")) {
            assert!(IMPORTS.iter().any(|allowed| import.starts_with(allowed)), "{import}");
        }
        files += 1;
    }
    assert!(files > 10, "{files} files");
}
