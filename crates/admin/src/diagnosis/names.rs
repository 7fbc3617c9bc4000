//! Names that are easily confused.

/// The namespace that Laravel puts in front of the name of an event class, and Echo's `listen` too.
const NAMESPACE: &str = "App\\Events\\";

/// The prefixes of channels that Echo adds by itself.
const PREFIXES: [&str; 3] = ["private-encrypted-", "private-", "presence-"];

/// True if two names of events differ, and only in their namespace, case or punctuation.
pub(super) fn are_similar_events(one: &str, other: &str) -> bool {
    one != other && forms(one).iter().any(|form| !form.is_empty() && forms(other).contains(form))
}

/// The letters and digits of a name, and of its last part.
fn forms(name: &str) -> [String; 2] {
    let plain = |text: &str| -> String { text.chars().filter(|char| char.is_alphanumeric()).collect() };
    let whole = name.trim_start_matches('.');
    let whole = whole.strip_prefix(NAMESPACE).unwrap_or(whole);
    [whole, whole.rsplit('\\').next().unwrap_or_default()].map(|part| plain(part).to_lowercase())
}

/// True if two channels differ only in the prefix that Echo adds.
pub(super) fn differ_in_prefix(one: &str, other: &str) -> bool {
    let base = |name: &str| PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned();
    one != other && base(one) == base(other)
}

/// What to write in a page with Echo so that it gets an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// The parameter of `listen`.
    pub(super) name: String,
    /// True if Echo adds the namespace to it.
    pub(super) adds_namespace: bool,
}

/// The listener for an event of the name `arrived`.
pub(super) fn listener(arrived: &str) -> Listener {
    match arrived.strip_prefix(NAMESPACE) {
        Some(class) => Listener { name: class.to_owned(), adds_namespace: true },
        None => Listener { name: format!(".{arrived}"), adds_namespace: false },
    }
}

impl Listener {
    /// The same in words.
    pub(super) fn advice(&self) -> String {
        let Self { name, adds_namespace } = self;
        if *adds_namespace {
            format!(
                "With Echo, listen('{name}') gets it, because Echo adds the namespace; with pusher-js, bind the whole name"
            )
        } else {
            format!("With Echo, listen('{name}') gets it: the dot stops Echo from adding a namespace")
        }
    }
}

/// The name on the wire of a name that is written for Echo with a leading dot.
pub(super) fn undotted(name: &str) -> Option<&str> {
    name.strip_prefix('.').filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_without_namespace_case_and_punctuation() {
        let full = "App\\Events\\OrderShipped";
        for similar in ["OrderShipped", ".OrderShipped", "order.shipped", "order-shipped", "Shop\\OrderShipped"] {
            assert!(are_similar_events(similar, full) && are_similar_events(full, similar), "{similar}");
        }
        for other in [full, "Shipped", "OrderShippedNow", "", "."] {
            assert!(!are_similar_events(other, full), "{other}");
        }
        assert!(!are_similar_events("", "."));
    }

    #[test]
    fn channels_differ_in_a_prefix() {
        assert!(differ_in_prefix("orders", "private-orders") && differ_in_prefix("presence-a", "private-a"));
        assert!(!differ_in_prefix("orders", "orders") && !differ_in_prefix("orders", "private-order"));
    }

    #[test]
    fn the_advice_is_what_echo_needs() {
        assert!(listener("App\\Events\\X").advice().contains("listen('X')"));
        assert!(listener("order.shipped").advice().contains("listen('.order.shipped')"));
        assert_eq!(
            (undotted(".order.shipped"), undotted("order.shipped"), undotted(".")),
            (Some("order.shipped"), None, None)
        );
    }
}
