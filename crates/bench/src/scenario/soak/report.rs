//! The figures of a soak.

use super::{Soak, sleepers::TOO_SLOW, steady::Account};
use crate::{
    BenchError,
    report::Measurement,
    scenario::{meter::Usage, stage::Stage},
};

impl Soak {
    /// Adds all figures, and a fault for each one that should be 0 and is not.
    pub(super) fn report(self, mut stage: Stage<'_>, usage: Usage) -> Result<Measurement, BenchError> {
        let account = self.steady.account();
        let measurement = &mut stage.measurement;
        add_account(measurement, account);
        for (name, value, is_fault) in [
            ("events not sent for want of answers", stage.engine.tally.skipped, true),
            ("visits", self.visitors.cycles, false),
            ("visitors that never left", self.visitors.active as u64, true),
            ("presence waves", self.storm.waves, false),
            ("presence rosters wrong", self.storm.wrong_rosters, false),
            ("counts over HTTP right", self.counts.0, false),
            ("counts over HTTP wrong", self.counts.1, false),
            ("slow readers", self.sleepers.closed.values().sum::<u64>() + self.sleepers.left_open, false),
            ("slow readers not closed", self.sleepers.left_open, true),
            ("messages pusher:error to others", self.errors, true),
        ] {
            add(measurement, name, value, is_fault);
        }
        for (codes, whose) in [(&self.sleepers.closed, "slow readers"), (&self.lost, "others")] {
            for (code, &count) in codes {
                let how = code.map_or_else(|| "without a code".to_owned(), |code| format!("with {code}"));
                let is_right = whose == "slow readers" && *code == Some(TOO_SLOW);
                add(measurement, &format!("{whose} closed {how}"), count, !is_right);
            }
        }
        if !(self.storm.is_resting() && self.sleepers.is_resting()) {
            measurement.fault("the last wave or the last slow readers did not come to their end".to_owned());
        }
        let (last, minutes) = self.memory.split_last().unzip();
        for (minute, &memory) in minutes.into_iter().flatten().enumerate() {
            measurement.add_memory(&format!("server memory minute {minute}"), memory);
        }
        if let Some(&memory) = last {
            measurement.add_memory("server memory at the end", memory);
        }
        measurement.add_server("delivery", account.delivered, usage);
        measurement.add_own("delivery", account.delivered, usage)?;
        Ok(stage.measurement)
    }
}

fn add_account(measurement: &mut Measurement, account: Account) {
    add(measurement, "events", account.sent, false);
    add(measurement, "deliveries expected", account.expected, false);
    add(measurement, "deliveries", account.delivered, false);
    add(measurement, "deliveries missing", account.missing, true);
    add(measurement, "deliveries twice", account.duplicates, true);
    add(measurement, "deliveries out of order", account.out_of_order, true);
}

/// Adds a count, and a fault if it should be 0 and is not.
fn add(measurement: &mut Measurement, name: &str, value: u64, is_fault: bool) {
    measurement.add_count(name, value);
    if is_fault && value > 0 {
        measurement.fault(format!("{name}: {value}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_should_be_nothing_is_a_fault() {
        let faults = |account| {
            let mut measurement = Measurement::default();
            add_account(&mut measurement, account);
            measurement.faults()
        };
        let sound = Account { sent: 5, expected: 10, delivered: 10, ..Account::default() };
        assert_eq!(faults(sound), 0);
        assert_eq!(faults(Account { missing: 1, delivered: 9, ..sound }), 1);
        assert_eq!(faults(Account { duplicates: 1, delivered: 11, ..sound }), 1);
        assert_eq!(faults(Account { missing: 2, duplicates: 2, out_of_order: 1, ..sound }), 3);
    }
}
