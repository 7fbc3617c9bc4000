//! Signing in as a user.

use clairon_hub::SignedIn;
use clairon_protocol::{Event, Secret, SignIn, User, WATCHLIST_TOO_LONG, auth::user_signature};
use clairon_registry::App;
use tracing::debug;

use super::connection::{Connection, SignedInUser};
use crate::{event_frame, live_feed::ActivityKind, refusals::Refused};

impl Connection {
    /// Signs the client in. A refusal does not change the connection.
    pub(super) fn sign_in(&mut self, app: &App, sign_in: &SignIn) {
        match self.try_sign_in(app, sign_in) {
            Ok(()) => {
                debug!(app = %app.id, socket = %self.session.id(), "signed in");
                let user = self.user.as_ref().map(|user| user.stay.user_id());
                self.observe(ActivityKind::SignedIn, |done| done.user(user));
            }
            Err((message, reason)) => {
                self.note_refusal(Refused::SignIn, |refused| refused.because(reason));
                self.complain(None, &message);
            }
        }
    }

    /// The error has the message for the client and the reason for the log.
    fn try_sign_in(&mut self, app: &App, sign_in: &SignIn) -> Result<(), (String, String)> {
        let plain = |message: String| (message.clone(), message);
        if !app.user_authentication {
            return Err(plain("User authentication is switched off for this app".to_owned()));
        }
        let sign = |secret: &Secret| user_signature(secret, self.session.id(), &sign_in.user_data);
        let credential = app.credentials.verify(Some(&sign_in.auth), sign).map_err(|invalid| {
            let reason =
                self.node.explain(self.peer()).sign_in(&self.node.apps, app, self.session.id(), sign_in, invalid);
            (invalid.to_string(), reason)
        })?;
        self.node.key_uses.note(credential);
        let user = User::parse(&sign_in.user_data, &app.limits).map_err(|invalid| plain(invalid.to_string()))?;
        match &self.user {
            Some(present) if present.member.user_id != user.member.user_id => {
                return Err(plain("Connection is already signed in as another user".to_owned()));
            }
            Some(_) => self.send(&Event::SignInSuccess { user_data: &user.user_data }),
            None => self.become_user(app, user),
        }
        Ok(())
    }

    fn become_user(&mut self, app: &App, user: User<'_>) {
        let User { member, watchlist, unwatched, user_data } = user;
        let watchlist = if app.watchlist { watchlist } else { Vec::new() };
        let signed_in = SignedIn { user_id: member.user_id.as_str().into(), watchlist };
        self.session.authorize();
        let mut answers = vec![event_frame::encode(&Event::SignInSuccess { user_data: &user_data })];
        if app.watchlist && unwatched > 0 {
            let limit = app.limits.watchlist_users;
            let size = limit as usize + unwatched;
            let message =
                &format!("The watchlist has {size} users, the limit is {limit}: the first {limit} are watched");
            answers.push(event_frame::encode(&Event::Error { code: Some(WATCHLIST_TOO_LONG), message }));
        }
        let (stay, witnesses) = self.node.peers.sign_in(&self.hub, &self.session, signed_in, answers);
        self.charge_fanout(witnesses);
        self.user = Some(Box::new(SignedInUser { member, stay }));
    }
}
