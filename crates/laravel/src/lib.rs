//! Reads what a Laravel project configures about broadcasting: `.env`, PHP configuration, Echo's options. Files are
//! read as text and never executed. Code that cannot be read becomes [`ConfigValue::Unread`], with its line but without
//! its text, which may contain a secret. File sizes, nesting and chains of operators are bounded, and no input causes a
//! panic.

mod backend_address;
mod broadcasting;
mod config_file;
mod credentials;
mod echo;
mod env_file;
mod env_function;
mod environment;
mod error;
mod evaluate;
mod expression;
mod parser;
mod project;
mod service_link;
mod source;
mod token;
mod value;

pub use backend_address::{AddressError, BackendAddress, check_host, read_port};
pub use broadcasting::{BroadcastConnection, Broadcasting};
pub use config_file::{ConfigFile, ConfigSetting};
pub use credentials::{CredentialChoice, CredentialSet};
pub use echo::{EchoForm, EchoSetup};
pub use env_file::{EntryError, EnvFile, InvalidEnvFile, LostLines, quote as quote_env};
pub use environment::{Environment, VariableOrigin, process_variables};
pub use error::LaravelError;
pub use project::{Project, env_file_name};
pub use source::read_text;
pub use value::{ArrayKey, ConfigValue, Unread};
