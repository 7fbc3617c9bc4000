//! The logs of an app that has changed.

use clairon_cluster::Place;
use clairon_protocol::{AppId, Epoch, LossReason};
use clairon_registry::App;

use super::Peers;

impl Peers {
    /// Ends the logs of an app without recovery, and begins those of an earlier life anew. `app` is `None` if the app
    /// was deleted or disabled.
    pub(crate) fn follow_recovery(&self, id: &AppId, app: Option<&App>) {
        let delivery = self.delivery();
        let hub = delivery.hub.app(id);
        let place = |channel| Place { app: id.clone(), channel };
        let Some(app) = app.filter(|app| app.recovery) else {
            // Nodes that knew it earlier have published events that are in no log.
            for (channel, subscribers) in hub.end_logs(delivery.now()) {
                delivery.note_lost(&place(channel), subscribers, LossReason::Epoch);
            }
            return;
        };
        for channel in hub.logs_of_earlier_lives(app.recovery_life) {
            match self {
                Self::Alone(_) => {
                    let subscribers = hub.renew_log(&channel, app.log_room(), Epoch::from_random(rand::random()));
                    delivery.note_lost(&place(channel), subscribers, LossReason::Epoch);
                }
                Self::Many(_) => delivery.note_behind(place(channel)),
            }
        }
    }
}
