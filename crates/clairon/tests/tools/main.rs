//! The commands that examine a server from outside, and the Laravel project beside it.

mod doctor;
mod live_tools;
