//! What customers did besides buying: page views around purchases, and impressions, clicks and visits of campaigns that
//! reach up to the day of loading, so that the figures of the last 30 days are not empty. Grown from the purchases with a
//! fixed seed.

use super::{
    purchases::Customer,
    random::Random,
    setup::{LAPSED_BEFORE, campaign},
};
use crate::store::ingest::NewEvent;
use domain::{
    event::{CLICK, IMPRESSION, PAGE_VIEW, PURCHASE},
    time::DAY_MS,
};
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
/// 1998-01-01 and 1998-07-01.
const YEAR_1998: (i64, i64) = (LAPSED_BEFORE, 899_251_200_000);
/// Spent more than this: a big spender (millionths).
pub(super) const BIG_SPENT: i64 = 500_000_000;
const PAGES: [&str; 6] = [
    r#"{"page":"/new"}"#,
    r#"{"page":"/rock"}"#,
    r#"{"page":"/jazz"}"#,
    r#"{"page":"/classical"}"#,
    r#"{"page":"/basket"}"#,
    r#"{"page":"/sale"}"#,
];

/// Names of the kinds, shared by all events.
#[derive(Debug)]
pub(super) struct Story {
    purchase: Arc<str>,
    page_view: Arc<str>,
    impression: Arc<str>,
    click: Arc<str>,
    /// The time of loading.
    now: i64,
}

impl Story {
    pub(super) fn new(now: i64) -> Self {
        let kind = |name: &str| Arc::from(name);
        Self {
            purchase: kind(PURCHASE),
            page_view: kind(PAGE_VIEW),
            impression: kind(IMPRESSION),
            click: kind(CLICK),
            now,
        }
    }

    /// Everything that one customer did.
    pub(super) fn of(&self, customer: &Customer, newsletter: bool, random: &mut Random) -> Vec<NewEvent> {
        let mut events = Vec::new();
        for purchase in &customer.purchases {
            if random.chance(50) {
                events.push(self.view(purchase.at - MINUTE_MS * (1 + random.below(40)), random));
            }
            let mut event = self.event(&self.purchase, purchase.at, None);
            event.value = Some(purchase.value);
            event.quantity = Some(purchase.quantity);
            events.push(event);
        }
        let lapsed = customer.last() < LAPSED_BEFORE;
        let big = customer.spent() > BIG_SPENT;
        if lapsed {
            self.shown(
                &mut events,
                campaign::WIN_BACK,
                random.below(8),
                (45, 0),
                5,
                random,
            );
        } else {
            let visits = if random.chance(40) { 1 + random.below(4) } else { 0 };
            for _ in 0..visits {
                events.push(self.view(self.recent((30, 0), random), random));
            }
        }
        if (lapsed && big) || customer.bought_between(YEAR_1998.0, YEAR_1998.1) >= 3 {
            self.shown(
                &mut events,
                campaign::LAST_CALL,
                3 + random.below(5),
                (30, 0),
                8,
                random,
            );
        }
        if newsletter {
            self.shown(
                &mut events,
                campaign::WEEKLY_PICKS,
                random.below(4),
                (28, 0),
                6,
                random,
            );
        }
        if customer.purchases.len() == 1 && random.chance(25) {
            self.shown(&mut events, campaign::VINYL, 1, (80, 35), 3, random);
        }
        if big {
            self.shown(
                &mut events,
                campaign::SPRING_1998,
                1 + random.below(3),
                self.days_ago_1998(),
                10,
                random,
            );
        }
        events
    }

    /// Impressions of a campaign within a span of days ago; `clicked` percent of them lead to a click and a page.
    fn shown(
        &self,
        events: &mut Vec<NewEvent>,
        id: &str,
        times: i64,
        span: (i64, i64),
        clicked: i64,
        random: &mut Random,
    ) {
        for _ in 0..times {
            let at = self.recent(span, random);
            events.push(self.event(&self.impression, at, Some(id)));
            if random.chance(clicked) {
                let at = at.saturating_add(MINUTE_MS / 2).min(self.now);
                events.push(self.event(&self.click, at, Some(id)));
                events.push(self.view(at, random));
            }
        }
    }

    /// A moment between `from` and `upto` days ago.
    fn recent(&self, (from, upto): (i64, i64), random: &mut Random) -> i64 {
        self.now - upto * DAY_MS - 1 - random.below((from - upto) * DAY_MS)
    }

    /// The three months of the campaign of 1998, in days ago.
    fn days_ago_1998(&self) -> (i64, i64) {
        let ago = |at: i64| (self.now - at) / DAY_MS;
        (ago(campaign::SPRING_1998_FROM), ago(campaign::SPRING_1998_UPTO))
    }

    fn view(&self, at: i64, random: &mut Random) -> NewEvent {
        let mut event = self.event(&self.page_view, at, None);
        event.properties = Some(random.pick(&PAGES).to_owned());
        event
    }

    fn event(&self, kind: &Arc<str>, at: i64, campaign: Option<&str>) -> NewEvent {
        NewEvent {
            kind: Arc::clone(kind),
            at,
            message: None,
            value: None,
            quantity: None,
            campaign: campaign.map(str::to_owned),
            properties: None,
        }
    }

    /// Everything that a made-up person did within the last two years. Values are small, so that none of them ever
    /// becomes a big spender: the counts of the real sample stay as they are.
    pub(super) fn of_made_up(&self, random: &mut Random) -> Vec<NewEvent> {
        let number = how_many(random);
        let mut events = Vec::with_capacity(usize::try_from(number).unwrap_or(0));
        for _ in 0..number {
            let at = self.recent((730, 0), random);
            events.push(match random.below(20) {
                0..12 => self.view(at, random),
                12..16 => {
                    let mut event = self.event(&self.purchase, at, None);
                    event.value = Some(1_000_000 + random.below(700) * 10_000);
                    event.quantity = Some(1_000_000);
                    event
                }
                16..19 => self.event(&self.impression, at, Some(campaign::WEEKLY_PICKS)),
                _ => self.event(&self.click, at, Some(campaign::WEEKLY_PICKS)),
            });
        }
        events
    }
}

/// How many events a made-up person has: the median is 4, the 99th of a hundred 28, seven times as many.
fn how_many(random: &mut Random) -> i64 {
    const UPTO: [(i64, i64); 13] = [
        (80, 1),
        (220, 2),
        (420, 3),
        (580, 4),
        (700, 5),
        (780, 6),
        (860, 8),
        (920, 11),
        (960, 16),
        (985, 22),
        (993, 28),
        (998, 40),
        (1_000, 60),
    ];
    let at = random.below(1_000);
    UPTO.iter()
        .find(|(upto, _)| at < *upto)
        .map_or(4, |(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_people_are_skewed_as_real_ones_are() {
        let mut numbers: Vec<i64> = (0..100_000).map(|i| how_many(&mut Random::of(9, i))).collect();
        numbers.sort_unstable();
        assert_eq!((numbers[50_000], numbers[99_000]), (4, 28));
    }
}
