// SPDX-License-Identifier: Apache-2.0

//! The account of one future's polls. Times are nanoseconds since the future was made, and are arguments: tests choose them.

/// What the polls of a future add up to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Meter {
    pub polls: u64,
    pub scheduled: u64,
    pub first: Option<u64>, // none until the first poll
    pub longest: u64,
    pub forced: u64, // polls that ended because others must have their turn
    left: u64,       // end of the last poll
}

impl Meter {
    /// A poll begins. The future was woken at some time since the last poll began, or nobody woke it.
    pub fn begin(&mut self, woken: Option<u64>, now: u64) {
        self.wait(woken, now);
        self.polls += 1;
        self.first.get_or_insert(self.scheduled);
    }

    /// The poll that began then is over.
    pub fn end(&mut self, began: u64, now: u64) {
        self.longest = self.longest.max(now.saturating_sub(began));
        self.left = now;
    }

    /// The future is dropped, and will not be polled again. If it was woken, it has waited for a worker in vain.
    pub fn abandon(&mut self, woken: Option<u64>, now: u64) {
        self.wait(woken, now);
    }

    /// Adds a wait. A future that is woken during a poll runs already: it waits from the end of that poll.
    fn wait(&mut self, woken: Option<u64>, now: u64) {
        if let Some(woken) = woken {
            self.scheduled += now.saturating_sub(woken.max(self.left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls at the given times: when the future was woken, when the poll begins, when it ends.
    fn meter(polls: &[(Option<u64>, u64, u64)]) -> Meter {
        let mut meter = Meter::default();
        for &(woken, begin, end) in polls {
            meter.begin(woken, begin);
            meter.end(begin, end);
        }
        meter
    }

    #[test]
    fn the_first_wait_is_part_of_the_sum() {
        let meter = meter(&[(Some(0), 30, 35)]);
        assert_eq!((meter.polls, meter.first, meter.scheduled, meter.longest), (1, Some(30), 30, 5));
    }

    #[test]
    fn a_wait_counts_from_the_wake() {
        let meter = meter(&[(Some(0), 30, 35), (Some(100), 104, 124), (Some(200), 201, 202)]);
        assert_eq!(
            (meter.polls, meter.first, meter.scheduled, meter.longest),
            (3, Some(30), 30 + 4 + 1, 20)
        );
    }

    #[test]
    fn woken_during_a_poll_it_waits_from_its_end() {
        let meter = meter(&[(Some(0), 10, 50), (Some(20), 57, 60)]);
        assert_eq!(meter.scheduled, 10 + 7);
    }

    #[test]
    fn a_wake_that_was_on_its_way_when_the_poll_began_counts_from_its_end() {
        let meter = meter(&[(Some(0), 10, 50), (Some(9), 57, 60)]);
        assert_eq!(meter.scheduled, 10 + 7);
    }

    #[test]
    fn a_spurious_poll_has_waited_for_nothing() {
        let meter = meter(&[(Some(0), 10, 11), (None, 500, 501), (None, 900, 905)]);
        assert_eq!((meter.polls, meter.scheduled, meter.longest), (3, 10, 5));
    }

    #[test]
    fn dropped_while_it_waits() {
        let mut woken = meter(&[(Some(0), 10, 11)]);
        woken.abandon(Some(20), 90);
        assert_eq!((woken.polls, woken.first, woken.scheduled), (1, Some(10), 10 + 70));

        let mut idle = meter(&[(Some(0), 10, 11)]);
        idle.abandon(None, 90);
        assert_eq!(idle.scheduled, 10);

        let mut never_polled = Meter::default();
        never_polled.abandon(Some(0), 90);
        assert_eq!((never_polled.polls, never_polled.first, never_polled.scheduled), (0, None, 90));
    }

    #[test]
    fn a_clock_that_steps_back_takes_nothing_away() {
        let meter = meter(&[(Some(0), 30, 20), (Some(25), 10, 5)]);
        assert_eq!((meter.scheduled, meter.longest), (30, 0));
    }
}
