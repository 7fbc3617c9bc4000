//! The command line.

mod app;
mod app_fields;
mod deliveries;
mod redacted_error;
mod webhook;

use std::path::{Path, PathBuf};

use clairon_protocol::AppId;
use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    app::{AppArguments, AppCommand, CreateArguments, RotateArguments, ShowArguments},
    app_fields::AppFields,
    deliveries::{DeliveryCommand, LogArguments, ReplayArguments, WebhookArguments, Whose},
    webhook::{AddArguments, EndpointArguments, WebhookCommand, WebhookFields},
};

use crate::{
    commands::{listen::ListenArguments, publish::PublishArguments, stats::StatsArguments, tail::TailArguments},
    config::Sources,
};

/// The version, and what bug reports need: the commit of the sources, and the kind of build.
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("CLAIRON_COMMIT"),
    "\nbuild ",
    env!("CLAIRON_PROFILE"),
    " for ",
    env!("CLAIRON_TARGET"),
);

/// A broadcasting server that speaks the Pusher Channels protocol.
#[derive(Debug, Parser)]
#[command(name = "clairon", version, long_version = LONG_VERSION, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server
    Serve(ServeArguments),
    /// Create, list, show, change and delete apps
    App(AppArguments),
    /// Print the delivery log of webhooks, or replay deliveries
    Webhook(WebhookArguments),
    /// Print the statistics of apps: connections, messages, events of backends
    Stats(StatsArguments),
    /// Print every setting with its default, or check the present settings
    Config(ConfigArguments),
    /// Measure a server: this one, or any that speaks the protocol
    Bench(clairon_bench::BenchArgs),
    /// Check the broadcasting of the Laravel project in this folder, and print what to change
    Doctor(clairon_doctor::DoctorArgs),
    /// Import the apps of another server
    Import(ImportArguments),
    /// Publish an event to this server, or to any that speaks the protocol
    Publish(PublishArguments),
    /// Print the events on channels of this server, or of any that speaks the protocol
    Listen(ListenArguments),
    /// Print the activity on this server: connections, subscriptions, refusals, events
    Tail(TailArguments),
    /// Ask a server whether it is up, for health checks of containers: exit code 0, otherwise 1
    Health(HealthArguments),
    /// Print the completions of a shell: `clairon completions bash`
    Completions(CompletionsArguments),
    /// Write the man pages to a folder
    #[command(hide = true)]
    Man(ManArguments),
}

impl Cli {
    /// Parses the command line. If it is invalid, or asks for help, the process exits here.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| redacted_error::without_values(error).exit())
    }
}

/// The files with settings.
#[derive(Debug, Args)]
pub(crate) struct SettingsFiles {
    /// A TOML file with settings; `clairon config` prints one with all defaults
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// A Laravel .env file, for its `PUSHER_*`, `REVERB_*` and `CLAIRON_*`; environment variables override it
    #[arg(long, value_name = "FILE", global = true)]
    env_file: Option<PathBuf>,
}

/// A flag, the setting that it sets, and its value if it was given.
type Flag = (&'static str, &'static str, Option<String>);

impl SettingsFiles {
    /// These files, the environment, and `flags`, which override both.
    pub(crate) fn sources<const N: usize>(self, flags: [Flag; N]) -> Sources {
        let flags = flags.into_iter().filter_map(|(flag, setting, value)| Some((flag, setting, value?)));
        Sources {
            config: self.config,
            env_file: self.env_file,
            environment: std::env::vars_os().collect(),
            serving: false,
            flags: flags.collect(),
        }
    }
}

#[derive(Debug, Args)]
struct ListenFlags {
    /// The address or host name that the server listens on
    #[arg(long)]
    host: Option<String>,
    /// The port that the server listens on; 0 takes any free port
    #[arg(long)]
    port: Option<String>,
}

impl ListenFlags {
    fn flags(self) -> [Flag; 2] {
        [("--host", "server.host", self.host), ("--port", "server.port", self.port)]
    }
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    listen: ListenFlags,
    /// A host name that the server gets a certificate for, from Let's Encrypt; it then listens on the ports 443 and 80
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    tls_domain: Vec<String>,
    #[command(flatten)]
    database: DatabaseFlag,
    /// Redis or Valkey, through which several nodes act as one: `redis://…`, `rediss://…`, `redis+sentinel://…` or
    /// `redis+cluster://…`
    #[arg(long, value_name = "URL")]
    redis: Option<Hidden>,
    #[command(flatten)]
    files: SettingsFiles,
    /// human or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl ServeArguments {
    pub(crate) fn sources(self) -> Sources {
        let [host, port] = self.listen.flags();
        let sources = self.files.sources([
            host,
            port,
            ("--tls-domain", "tls.domains", (!self.tls_domain.is_empty()).then(|| self.tls_domain.join(","))),
            ("--database", "database.url", self.database.database.map(Hidden::into_inner)),
            ("--redis", "redis.url", self.redis.map(Hidden::into_inner)),
            ("--log-format", "log.format", self.log_format),
        ]);
        Sources { serving: true, ..sources }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DatabaseFlag {
    /// The database of apps: `sqlite://FILE`, `sqlite::memory:`, `postgres://…` or `mysql://…`
    #[arg(long, value_name = "URL", global = true)]
    database: Option<Hidden>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Print the problems of the present settings, or "ok"
    #[arg(long)]
    pub(crate) check: bool,
    /// A TOML file to check
    #[arg(long, value_name = "FILE", requires = "check")]
    config: Option<PathBuf>,
    /// A Laravel .env file to check
    #[arg(long, value_name = "FILE", requires = "check")]
    env_file: Option<PathBuf>,
}

impl ConfigArguments {
    pub(crate) fn sources(self) -> Sources {
        Sources { serving: true, ..SettingsFiles { config: self.config, env_file: self.env_file }.sources([]) }
    }
}

/// The location of the registry.
#[derive(Debug, Args)]
pub(crate) struct RegistryPlace {
    #[command(flatten)]
    database: DatabaseFlag,
    #[command(flatten)]
    files: SettingsFiles,
}

impl RegistryPlace {
    /// The .env file given on the command line.
    pub(crate) fn env_file(&self) -> Option<&Path> {
        self.files.env_file.as_deref()
    }

    pub(crate) fn sources(self) -> Sources {
        self.files.sources([("--database", "database.url", self.database.database.map(Hidden::into_inner))])
    }
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    pub(crate) source: clairon_import::SourceArgs,
    #[command(flatten)]
    pub(crate) place: RegistryPlace,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HealthArguments {
    /// Ask whether the server accepts new clients, not only whether the process answers
    #[arg(long)]
    pub(crate) ready: bool,
    /// The server, `http(s)://HOST[:PORT][/PREFIX]`; by default the server on this machine with these settings
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port", "config", "env_file"])]
    pub(crate) url: Option<Hidden>,
    #[command(flatten)]
    listen: ListenFlags,
    #[command(flatten)]
    files: SettingsFiles,
}

impl HealthArguments {
    /// The same as for `serve`, so the same settings lead to the same server.
    pub(crate) fn sources(self) -> Sources {
        Sources { serving: true, ..self.files.sources(self.listen.flags()) }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell that reads them
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The folder, which is made if it is missing
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// The server and app; by default those of the `.env` in this folder.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// `http(s)://KEY:SECRET@HOST[:PORT][/PREFIX]/apps/ID`, the form of `PUSHER_URL`; to listen to public channels
    /// `ws(s)://HOST[:PORT][/PREFIX]/app/KEY` is enough. With --app: `http(s)://HOST[:PORT][/PREFIX]`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<Hidden>,
    /// An app in the registry of this machine, on the server of this machine
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    pub(crate) app: Option<AppId>,
    #[command(flatten)]
    pub(crate) place: RegistryPlace,
}

/// A text that may be a secret, so `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn into_inner(self) -> String {
        self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}
