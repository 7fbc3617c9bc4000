//! Fields with too few or too many parts.

use std::ops::RangeInclusive;

/// A field has too few or too many bytes or entries.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{field} has {size} {unit}, allowed are {min} to {max}")]
pub struct WrongSize {
    /// The name of the field.
    pub field: &'static str,
    /// The number of bytes or entries.
    pub size: usize,
    /// The unit: bytes, entries or keys.
    pub unit: &'static str,
    /// The smallest allowed number.
    pub min: usize,
    /// The largest allowed number.
    pub max: usize,
}

impl WrongSize {
    /// Checks that `size` is in the range.
    pub(crate) fn check(
        field: &'static str,
        size: usize,
        unit: &'static str,
        allowed: RangeInclusive<usize>,
    ) -> Result<(), Self> {
        let (min, max) = (*allowed.start(), *allowed.end());
        if allowed.contains(&size) { Ok(()) } else { Err(Self { field, size, unit, min, max }) }
    }
}
