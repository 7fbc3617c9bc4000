//! From what happens in channels to events in the store.
//!
//! | file | what it holds |
//! |---|---|
//! | `happening` | what happens, as the hot path hands it over |
//! | `lingering` | absences that wait, because who is absent may come back |
//! | `handoff` | the bounded queue between the hot path and the writer, with the lingering absences |
//! | `late_counts` | numbers of subscribers that are told every few seconds |
//! | `members_first` | members who leave before their channel is vacated |
//! | `compose` | the event of a happening, and the endpoints that get it |
//! | `writer` | the task that writes batches to the store |
//! | `differences` | what leads from what endpoints know to what is so |

mod compose;
mod differences;
mod handoff;
mod happening;
#[cfg(test)]
mod histories;
mod late_counts;
mod lingering;
mod members_first;
pub(crate) mod writer;

pub use self::{
    differences::{Occupied, Truth, differences},
    handoff::HandoffFigures,
    happening::Cause,
};
pub(crate) use self::{
    handoff::Handoff,
    happening::{Happening, What},
    late_counts::LateCounts,
};
