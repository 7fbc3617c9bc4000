//! What the checks can find.

/// Defines [`Finding`] from the table: for each subject its id and title, and the names of what can be found about it.
macro_rules! findings {
    ($($id:literal, $title:literal => $($finding:ident $case:literal),+;)+) => {
        /// What a check has found. The dashboard has sentences for each finding in its languages
        /// (`messages/checks.json`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Finding {
            $($($finding,)+)+
        }

        impl Finding {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$($(Self::$finding,)+)+];

            /// The id and the title of the subject.
            pub(super) const fn subject(self) -> (&'static str, &'static str) {
                match self {
                    $($(Self::$finding => ($id, $title),)+)+
                }
            }

            /// The name, which is unique among those of the subject.
            pub(super) const fn case(self) -> &'static str {
                match self {
                    $($(Self::$finding => $case,)+)+
                }
            }
        }
    };
}

findings! {
    "registry_reads", "The database answers" => DatabaseAnswers "answers", DatabaseSilent "silent";
    "registry_writes", "The database takes writes" => WritesPossible "possible", WritesFail "fail";
    "redis", "Redis connects the nodes" => RedisAnswers "answers", NodesUnheard "unheard", RedisReadOnly "read_only";
    "open_files", "There are enough open files" => FilesEnough "enough", FilesFew "few", FilesFilling "filling";
    "memory", "Slow clients and incomplete messages fit into memory" => MemoryFree "free", MemoryFilling "filling";
    "clock", "The clock is right" => ClockRight "right", ClockSet "set", ClockBehind "behind";
    "forwarded_headers", "Proxies may name their clients" => ClientKnown "known", ClientIsProxy "proxy",
        HeaderDisbelieved "disbelieved";
    "encryption", "The dashboard is reached over TLS" => Encrypted "encrypted", FromThisMachine "local",
        Unencrypted "plain";
    "certificates", "Certificates are valid" => CertificatesValid "valid", CertificateMissing "missing",
        CertificateRefused "refused", CertificateExpires "expires", CertificateExpired "expired";
    "edge_limits", "No client exceeds a limit" => LimitsKept "kept", LimitsExceeded "exceeded";
    "allowed_origins", "Client events come from known sites" => OriginsKnown "known", OriginsOpen "open";
    "webhooks", "Webhooks arrive" => WebhooksArrive "arrive", DatabaseAway "database", EndpointsDisabled "disabled",
        EndpointLate "late", DeliveriesGivenUp "given_up";
}
