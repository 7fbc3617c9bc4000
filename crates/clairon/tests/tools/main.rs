//! The commands that look at a server from outside, and at the Laravel project beside it.

mod doctor;
mod live_tools;
