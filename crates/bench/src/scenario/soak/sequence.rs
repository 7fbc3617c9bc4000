//! The numbered events that one subscriber has received.

use std::collections::BTreeSet;

/// The numbers from 0 on. Each should arrive once and in order.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// The next expected number.
    next: u64,
    /// Earlier numbers that have not arrived.
    gaps: BTreeSet<u64>,
    pub(super) delivered: u64,
    pub(super) duplicates: u64,
    /// The count of numbers that arrived after a later one.
    pub(super) out_of_order: u64,
}

impl Sequence {
    /// Records a number.
    pub(super) fn take(&mut self, number: u64) {
        self.delivered += 1;
        if number >= self.next {
            self.gaps.extend(self.next..number);
            self.next = number + 1;
        } else if self.gaps.remove(&number) {
            self.out_of_order += 1;
        } else {
            self.duplicates += 1;
        }
    }

    /// The count of the first `sent` numbers that have not arrived.
    pub(super) fn missing(&self, sent: u64) -> u64 {
        self.gaps.len() as u64 + sent.saturating_sub(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivered, missing of ten, duplicates, out of order.
    fn account(numbers: &[u64]) -> (u64, u64, u64, u64) {
        let mut sequence = Sequence::default();
        for &number in numbers {
            sequence.take(number);
        }
        (sequence.delivered, sequence.missing(10), sequence.duplicates, sequence.out_of_order)
    }

    #[test]
    fn every_fault_is_told_from_the_others() {
        assert_eq!(account(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), (10, 0, 0, 0));
        assert_eq!(account(&[]), (0, 10, 0, 0));
        assert_eq!(account(&[0, 1, 2, 3, 4, 5, 6, 7]), (8, 2, 0, 0));
        assert_eq!(account(&[1, 2, 4, 5, 6, 7, 8, 9]), (8, 2, 0, 0));
        assert_eq!(account(&[0, 1, 1, 2, 3, 4, 5, 6, 7, 0, 8, 9]), (12, 0, 2, 0));
        assert_eq!(account(&[0, 2, 1, 5, 4, 3, 6, 7, 8, 9]), (10, 0, 0, 3));
        assert_eq!(account(&[0, 2, 1, 1, 3, 4, 5, 6, 7]), (9, 2, 1, 1));
    }
}
