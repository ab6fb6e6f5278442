//! Metrics: what reports count, on which basis, and the arithmetic of adding slices. *Accumulated* figures are added up when an
//! event arrives and do not move when people go; *aggregated* ones are counted from the people and events that are there
//! (fact S7). Pure sums; what a report says about them is in `report`.
//!
//! The purchase funnel counts people, not events: who viewed a page; of those, who visited or acted; of those, who bought.
//! The order in time does not matter, and all time counts. A step whose kind the dataset has never had is left out, so that
//! a shop that records no visits still has a funnel.

use crate::{
    event::{ACTION, CLICK, IMPRESSION, PAGE_VIEW, PURCHASE, VISIT},
    micros::Micros,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kinds of event that reports know, in the order of `kinds` below.
pub const KINDS: [&str; 6] = [VISIT, PAGE_VIEW, ACTION, IMPRESSION, CLICK, PURCHASE];

/// Where a kind stands in [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(usize)]
pub enum Kind {
    /// A visit.
    Visit,
    /// A page was viewed.
    PageView,
    /// Something done on a page.
    Action,
    /// A campaign was shown.
    Impression,
    /// A campaign was clicked.
    Click,
    /// A purchase.
    Purchase,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Kind; 6] = [
        Self::Visit,
        Self::PageView,
        Self::Action,
        Self::Impression,
        Self::Click,
        Self::Purchase,
    ];

    /// Its name, as events carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        KINDS[self as usize]
    }
}

/// Whether a figure moves when people go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Added up when an event arrives; does not move when people go.
    Accumulated,
    /// Counted from the people and events that are there; moves when people go.
    Aggregated,
}

impl Basis {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accumulated => "accumulated",
            Self::Aggregated => "aggregated",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Accumulated => "Accumulated",
            Self::Aggregated => "Aggregated",
        }
    }

    /// What it means, in a plain sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Accumulated => "Added up as events arrive. It does not move when people are deleted.",
            Self::Aggregated => {
                "Counted from the people and events that are there. It falls when people are deleted."
            }
        }
    }
}

/// Events of one kind: how many, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSum {
    /// Events.
    pub events: i64,
    /// The sum of their values.
    pub value: Micros,
}

impl KindSum {
    /// Adds another sum. One that no 64-bit number holds stays at the greatest that one does.
    pub fn add(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.value = Micros::from_micros(self.value.micros().saturating_add(other.value.micros()));
    }

    const fn less(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_sub(other.events),
            value: Micros::from_micros(self.value.micros().saturating_sub(other.value.micros())),
        }
    }
}

/// What a campaign's events add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSum {
    /// Impressions.
    pub impressions: i64,
    /// Clicks.
    pub clicks: i64,
    /// Impressions of the 30 days before the moment of counting. Not kept of accumulated figures.
    #[serde(default)]
    pub impressions_30d: i64,
}

impl CampaignSum {
    /// Adds another sum.
    pub const fn add(&mut self, other: Self) {
        self.impressions = self.impressions.saturating_add(other.impressions);
        self.clicks = self.clicks.saturating_add(other.clicks);
        self.impressions_30d = self.impressions_30d.saturating_add(other.impressions_30d);
    }

    const fn less(self, other: Self) -> Self {
        Self {
            impressions: self.impressions.saturating_sub(other.impressions),
            clicks: self.clicks.saturating_sub(other.clicks),
            impressions_30d: self.impressions_30d.saturating_sub(other.impressions_30d),
        }
    }

    const fn is_zero(&self) -> bool {
        self.impressions == 0 && self.clicks == 0 && self.impressions_30d == 0
    }
}

/// The accumulated figures of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Accumulated {
    /// By kind, in the order of [`KINDS`].
    pub kinds: [KindSum; 6],
    /// By campaign.
    pub campaigns: BTreeMap<String, CampaignSum>,
}

impl Accumulated {
    /// Of one kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> KindSum {
        self.kinds[kind as usize]
    }
}

/// People who viewed a page: bit 0 of the index into `did`.
pub const DID_VIEW: usize = 1;
/// People who visited or acted: bit 1.
pub const DID_ACT: usize = 2;
/// People who bought: bit 2.
pub const DID_BUY: usize = 4;

/// Figures counted from people and events. Those of two sets of people that have nobody in common add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Aggregated {
    /// Profiles.
    pub profiles: i64,
    /// Profiles with a user_id, e-mail or phone; the others are anonymous.
    pub named: i64,
    /// Profiles last seen within seven days before the moment of counting.
    pub active_7d: i64,
    /// Profiles last seen within thirty days before it.
    pub active_30d: i64,
    /// Events of every kind.
    pub events: i64,
    /// By kind, in the order of [`KINDS`].
    pub kinds: [KindSum; 6],
    /// By campaign.
    pub campaigns: BTreeMap<String, CampaignSum>,
    /// How many people did what: the index is the sum of `DID_VIEW`, `DID_ACT` and `DID_BUY`.
    pub did: [i64; 8],
}

impl Aggregated {
    /// Of one kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> KindSum {
        self.kinds[kind as usize]
    }

    /// Profiles that are known by a browser alone.
    #[must_use]
    pub const fn anonymous(&self) -> i64 {
        self.profiles - self.named
    }

    /// Adds the figures of other people.
    pub fn add(&mut self, other: &Self) {
        self.profiles += other.profiles;
        self.named += other.named;
        self.active_7d += other.active_7d;
        self.active_30d += other.active_30d;
        self.events += other.events;
        for (own, more) in self.kinds.iter_mut().zip(other.kinds) {
            own.add(more);
        }
        for (id, more) in &other.campaigns {
            self.campaigns.entry(id.clone()).or_default().add(*more);
        }
        for (own, more) in self.did.iter_mut().zip(other.did) {
            *own += more;
        }
    }

    /// The figures without those of some of the people.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        rest.profiles -= other.profiles;
        rest.named -= other.named;
        rest.active_7d -= other.active_7d;
        rest.active_30d -= other.active_30d;
        rest.events -= other.events;
        for (own, gone) in rest.kinds.iter_mut().zip(other.kinds) {
            *own = own.less(gone);
        }
        for (id, gone) in &other.campaigns {
            let own = rest.campaigns.entry(id.clone()).or_default();
            *own = own.less(*gone);
        }
        rest.campaigns.retain(|_, sum| !sum.is_zero());
        for (own, gone) in rest.did.iter_mut().zip(other.did) {
            *own -= gone;
        }
        rest
    }

    /// How many people did all of this: a sum of `DID_…`.
    #[must_use]
    pub fn did_all(&self, what: usize) -> i64 {
        let fits = |(mask, _): &(usize, &i64)| mask & what == what;
        self.did.iter().enumerate().filter(fits).map(|(_, n)| n).sum()
    }
}

/// One step of the purchase funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Viewed a page.
    Viewed,
    /// Visited or acted as well.
    Acted,
    /// Bought as well.
    Bought,
}

impl Step {
    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Viewed => "Viewed a page",
            Self::Acted => "Visited or acted",
            Self::Bought => "Bought",
        }
    }

    const fn bit(self) -> usize {
        match self {
            Self::Viewed => DID_VIEW,
            Self::Acted => DID_ACT,
            Self::Bought => DID_BUY,
        }
    }
}

/// The steps that the dataset's data allow: those whose kinds it has ever had.
#[must_use]
pub fn steps(totals: &Accumulated) -> Vec<Step> {
    let ever = |kind: Kind| totals.of(kind).events > 0;
    let there = [
        (Step::Viewed, ever(Kind::PageView)),
        (Step::Acted, ever(Kind::Visit) || ever(Kind::Action)),
        (Step::Bought, ever(Kind::Purchase)),
    ];
    there
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(step, _)| step)
        .collect()
}

/// The people of each step who have done all steps before it as well.
#[must_use]
pub fn funnel(steps: &[Step], people: &Aggregated) -> Vec<(Step, i64)> {
    let mut so_far = 0;
    let one = |step: &Step| {
        so_far |= step.bit();
        (*step, people.did_all(so_far))
    };
    steps.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Aggregated {
        let mut it = Aggregated {
            profiles: 5,
            named: 3,
            did: [1, 1, 0, 1, 0, 1, 0, 1],
            ..Aggregated::default()
        };
        it.campaigns.insert(
            "a".to_owned(),
            CampaignSum {
                impressions: 4,
                clicks: 1,
                impressions_30d: 2,
            },
        );
        it.kinds[Kind::Purchase as usize] = KindSum {
            events: 2,
            value: Micros::from_micros(70_010_000),
        };
        it
    }

    #[test]
    fn who_goes_and_who_stays_add_up_to_everyone() {
        let mut all = some();
        all.add(&some());
        assert_eq!(all.of(Kind::Purchase).value, Micros::from_micros(140_020_000));
        assert_eq!(all.less(&some()), some());
        assert_eq!(some().less(&some()), Aggregated::default());
    }

    #[test]
    fn a_step_counts_those_who_did_all_before_it() {
        let all = [Step::Viewed, Step::Acted, Step::Bought];
        assert_eq!(
            funnel(&all, &some()),
            [(Step::Viewed, 4), (Step::Acted, 2), (Step::Bought, 1)]
        );
        // Without visits and actions, whoever viewed and bought is in the last step.
        let short = [Step::Viewed, Step::Bought];
        assert_eq!(funnel(&short, &some()), [(Step::Viewed, 4), (Step::Bought, 2)]);
    }

    #[test]
    fn steps_that_the_data_never_had_are_left_out() {
        let mut totals = Accumulated::default();
        totals.kinds[Kind::PageView as usize].events = 1;
        totals.kinds[Kind::Purchase as usize].events = 1;
        assert_eq!(steps(&totals), [Step::Viewed, Step::Bought]);
    }
}
