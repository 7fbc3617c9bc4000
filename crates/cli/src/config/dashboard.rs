//! The sections `admin` and `dashboard`: access for operators.

use std::time::Duration;

use clairon_protocol::Limits;
use clairon_server::{AdminSettings, BearerToken, DashboardPassword, DashboardSettings};

use super::fields::{Fields, optional};

/// The longest session: 90 days.
const MOST_HOURS: u64 = 2_160;

pub(super) fn read(fields: &mut Fields<'_>, limits: Limits) -> Option<(AdminSettings, DashboardSettings)> {
    let token = fields.secret("admin.token", optional(BearerToken::parse));
    let password = fields.secret("dashboard.password", optional(DashboardPassword::parse));
    let viewer_password = fields.secret("dashboard.viewer_password", optional(DashboardPassword::parse));
    let session_hours = fields.number("dashboard.session_hours", 1..=MOST_HOURS);
    let (token, password, viewer_password) = (token?, password?, viewer_password?);
    if viewer_password.is_some() {
        if token.is_none() && password.is_none() {
            let wrong = "a viewer needs an operator beside it: set dashboard.password or admin.token too";
            fields.explain("dashboard.viewer_password", wrong);
        }
        if password == viewer_password {
            let wrong = "is the same as dashboard.password, which would give viewers all rights: choose another one";
            fields.explain("dashboard.viewer_password", wrong);
        }
    }
    let session = Duration::from_hours(session_hours?);
    Some((AdminSettings { token, limits }, DashboardSettings { password, viewer_password, session }))
}
