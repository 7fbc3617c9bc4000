//! A master that Sentinels watch.
