//! The path from reports about channels to events in the store.
//!
//! | file | what it holds |
//! |---|---|
//! | `report` | a report, as the hot path hands it over |
//! | `lingering` | absences that linger, because the client may reconnect |
//! | `handoff` | the bounded queue between the hot path and the writer, with the lingering absences |
//! | `late_counts` | subscription counts that are sent every few seconds |
//! | `members_first` | members leave before their channel is vacated |
//! | `occupied_first` | a channel is occupied before its members join |
//! | `compose` | the store entry of a report |
//! | `backlog` | the note that this node writes late |
//! | `overflows` | the log of endpoints with too many pending events |
//! | `writer` | the task that writes batches to the store |
//! | `differences` | the differences between the announced and the actual state |

mod backlog;
mod compose;
mod differences;
mod handoff;
#[cfg(test)]
mod histories;
mod late_counts;
mod lingering;
mod members_first;
mod occupied_first;
mod overflows;
mod report;
pub(crate) mod writer;

pub use self::{
    differences::{ActualState, Occupied, differences},
    handoff::HandoffFigures,
    report::Cause,
};
pub(crate) use self::{
    handoff::Handoff,
    late_counts::LateCounts,
    overflows::Overflows,
    report::{ChannelReport, ReportContent},
};
