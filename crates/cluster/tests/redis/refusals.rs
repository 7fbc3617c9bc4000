//! What a node says at its start when Redis cannot be used.
