//! A job's report: every metric before and after it, and why each did or did not move (fact S7). Pure: the figures are
//! handed in. What the figures mean is said in `metric`.

use crate::{
    guard::grouped,
    id::JobId,
    metric::{Accumulated, Aggregated, Basis, CampaignSum, Kind, Step, funnel, steps},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was measured of a job. A side that is missing was not measured, or not yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// When the side before was measured: before anybody was deleted.
    pub before_at: Option<Timestamp>,
    /// Accumulated, before.
    pub totals_before: Option<Accumulated>,
    /// Aggregated, before. `None`: too many people to count in front of a job that starts at once; it is worked out then.
    pub people_before: Option<Aggregated>,
    /// When the side after was measured: when sealing began.
    pub after_at: Option<Timestamp>,
    /// Accumulated, after.
    pub totals_after: Option<Accumulated>,
    /// Aggregated, after.
    pub people_after: Option<Aggregated>,
    /// What the deleted people counted for, read from the warehouse's copy of them.
    pub went: Option<Aggregated>,
    /// Impressions by campaign of the people on the list, of the 30 days up to confirmation.
    pub projected: BTreeMap<String, i64>,
}

impl Measured {
    /// The aggregated figures before: as counted, or, where they were not, those after with what went.
    #[must_use]
    pub fn before(&self) -> Option<Aggregated> {
        if self.people_before.is_some() {
            return self.people_before.clone();
        }
        let mut all = self.people_after.clone()?;
        all.add(self.went.as_ref()?);
        Some(all)
    }

    /// Whether the aggregated figures before were worked out from those after.
    #[must_use]
    pub const fn worked_out(&self) -> bool {
        self.people_before.is_none() && self.people_after.is_some()
    }
}

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of people or events.
    Count,
    /// An amount in millionths of the dataset's currency.
    Money,
}

impl Unit {
    /// The figure in words: `1,234`, `2,500,315.63 USD`.
    #[must_use]
    pub fn words(self, figure: i64, currency: &str) -> String {
        match self {
            Self::Count => grouped(figure),
            Self::Money => {
                let cents = (figure.unsigned_abs() + 5_000) / 10_000;
                let whole = i64::try_from(cents / 100).unwrap_or(i64::MAX);
                let sign = if figure < 0 { "\u{2212}" } else { "" };
                format!("{sign}{}.{:02} {currency}", grouped(whole), cents % 100)
            }
        }
    }
}

/// One metric of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its stable name: `profiles`, `revenue_total`, `campaign_impressions`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// The campaign that it is about.
    pub campaign: Option<String>,
    /// What the figures are.
    pub unit: Unit,
    /// Whether it moves when people go.
    pub basis: Basis,
    /// Before; `None`: not measured.
    pub before: Option<i64>,
    /// After; `None`: not yet.
    pub after: Option<i64>,
    /// After less before.
    pub change: Option<i64>,
    /// Why it did or did not move.
    pub reason: String,
}

/// Impressions of a campaign: what the deletion was to cost, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drop {
    /// The campaign's id.
    pub campaign: String,
    /// Its name.
    pub title: String,
    /// Impressions of the 30 days before the deletion, of everyone who was there.
    pub before_30d: Option<i64>,
    /// Impressions of the 30 days before sealing, of everyone who is there.
    pub after_30d: Option<i64>,
    /// The projected change: what the people on the list had in the 30 days before confirmation, as a loss.
    pub projected: i64,
    /// The measured change: what the deleted people had in the 30 days before sealing, as a loss.
    pub measured: Option<i64>,
}

/// A job's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobReport {
    /// The job.
    pub job: JobId,
    /// The segment as it was called.
    pub segment_name: String,
    /// When the side before was measured.
    pub before_at: Option<Timestamp>,
    /// Whether the aggregated figures before were worked out from those after and what went.
    pub worked_out: bool,
    /// When the side after was measured.
    pub after_at: Option<Timestamp>,
    /// Whether the job is over, so that nothing more comes.
    pub over: bool,
    /// Whether anybody was deleted at all.
    pub deleted: i64,
    /// The metrics.
    pub lines: Vec<Line>,
    /// The campaigns that lost impressions or were to.
    pub drops: Vec<Drop>,
}

/// The lines of a report. `titles`: campaigns by id; `currency`: of the dataset.
#[must_use]
pub fn lines(it: &Measured, titles: &BTreeMap<String, String>, currency: &str) -> Vec<Line> {
    let maker = Maker {
        before: it.before(),
        it,
        currency,
    };
    let known = it.totals_after.as_ref().or(it.totals_before.as_ref());
    let steps = known.map(steps).unwrap_or_default();
    let ever = |kind: &Kind| known.is_some_and(|totals| totals.of(*kind).events != 0);
    let mut lines = maker.people(&steps);
    lines.extend(
        Kind::ALL
            .iter()
            .filter(|kind| ever(kind))
            .map(|kind| maker.kind(*kind)),
    );
    if ever(&Kind::Purchase) {
        lines.push(maker.money());
    }
    lines.push(maker.aggregated("events", "Events of every kind", None, Unit::Count, |a| a.events));
    lines.extend(maker.campaigns(titles, false));
    lines.extend(
        Kind::ALL
            .iter()
            .filter(|kind| ever(kind))
            .map(|kind| maker.kind_total(*kind)),
    );
    if ever(&Kind::Purchase) {
        let value = |a: &Accumulated| a.of(Kind::Purchase).value.micros();
        lines.push(maker.accumulated(
            "revenue_total",
            "Revenue, all time".to_owned(),
            None,
            Unit::Money,
            value,
        ));
    }
    lines.extend(maker.campaigns(titles, true));
    lines
}

/// The campaigns that lost impressions or were to.
#[must_use]
pub fn drops(it: &Measured, titles: &BTreeMap<String, String>) -> Vec<Drop> {
    let before = it.before();
    let of = |side: Option<&Aggregated>, id: &str| {
        side.map(|side| {
            side.campaigns
                .get(id)
                .copied()
                .unwrap_or_default()
                .impressions_30d
        })
    };
    let went = it.went.as_ref();
    let lost = went.into_iter().flat_map(|went| &went.campaigns);
    let lost = lost.filter(|(_, sum)| sum.impressions_30d != 0).map(|(id, _)| id);
    let ids: BTreeSet<&String> = lost.chain(it.projected.keys()).collect();
    let one = |id: &String| Drop {
        campaign: id.clone(),
        title: titles.get(id).unwrap_or(id).clone(),
        before_30d: of(before.as_ref(), id),
        after_30d: of(it.people_after.as_ref(), id),
        projected: -it.projected.get(id).copied().unwrap_or(0),
        measured: of(went, id).map(|n| -n),
    };
    ids.into_iter().map(one).collect()
}

/// One figure of a campaign.
type Part = fn(&CampaignSum) -> i64;

/// Makes lines out of what was measured.
struct Maker<'a> {
    it: &'a Measured,
    before: Option<Aggregated>,
    currency: &'a str,
}

impl Maker<'_> {
    fn people(&self, steps: &[Step]) -> Vec<Line> {
        let count = |name: &str, title: &str, of: fn(&Aggregated) -> i64| {
            self.aggregated(name, title, None, Unit::Count, of)
        };
        let mut lines = vec![
            count("profiles", "Profiles", |a| a.profiles),
            count("named_profiles", "Named profiles", |a| a.named),
            count("anonymous_profiles", "Anonymous profiles", Aggregated::anonymous),
            count("active_7d", "Active people, 7 days", |a| a.active_7d),
            count("active_30d", "Active people, 30 days", |a| a.active_30d),
        ];
        for (at, step) in steps.iter().enumerate() {
            let upto = steps.get(..=at).unwrap_or_default();
            let of = |a: &Aggregated| funnel(upto, a).last().map_or(0, |(_, n)| *n);
            let (name, title) = match step {
                Step::Viewed => ("people_viewed", "Funnel: people who viewed a page"),
                Step::Acted => ("people_acted", "Funnel: of those, who visited or acted"),
                Step::Bought => ("people_bought", "Funnel: of those, who bought"),
            };
            lines.push(self.aggregated(name, title, None, Unit::Count, of));
        }
        lines
    }

    fn kind(&self, kind: Kind) -> Line {
        let (name, title) = match kind {
            Kind::Visit => ("visits", "Visits"),
            Kind::PageView => ("page_views", "Page views"),
            Kind::Action => ("actions", "Actions"),
            Kind::Impression => ("impressions", "Impressions"),
            Kind::Click => ("clicks", "Clicks"),
            Kind::Purchase => ("purchases", "Purchases"),
        };
        self.aggregated(name, title, None, Unit::Count, |a| a.of(kind).events)
    }

    fn kind_total(&self, kind: Kind) -> Line {
        let (name, title) = match kind {
            Kind::Visit => ("visits_total", "Visits"),
            Kind::PageView => ("page_views_total", "Page views"),
            Kind::Action => ("actions_total", "Actions"),
            Kind::Impression => ("impressions_total", "Impressions"),
            Kind::Click => ("clicks_total", "Clicks"),
            Kind::Purchase => ("purchases_total", "Purchases"),
        };
        let title = format!("{title}, all time");
        self.accumulated(name, title, None, Unit::Count, |a| a.of(kind).events)
    }

    fn money(&self) -> Line {
        let title = "Purchase value";
        let value = |a: &Aggregated| a.of(Kind::Purchase).value.micros();
        self.aggregated("purchase_value", title, None, Unit::Money, value)
    }

    fn campaigns(&self, titles: &BTreeMap<String, String>, totals: bool) -> Vec<Line> {
        let mut ids: BTreeSet<&String> = BTreeSet::new();
        for side in [&self.it.totals_before, &self.it.totals_after]
            .into_iter()
            .flatten()
        {
            ids.extend(side.campaigns.keys());
        }
        let mut lines = Vec::new();
        for id in ids {
            let name = titles.get(id).unwrap_or(id);
            let parts: [(&str, Part); 2] = [
                ("impressions", |sum| sum.impressions),
                ("clicks", |sum| sum.clicks),
            ];
            for (what, part) in parts {
                let campaign = Some(id.clone());
                lines.push(if totals {
                    let of = |a: &Accumulated| a.campaigns.get(id).map_or(0, part);
                    let key = format!("campaign_{what}_total");
                    self.accumulated(
                        &key,
                        format!("{name}: {what}, all time"),
                        campaign,
                        Unit::Count,
                        of,
                    )
                } else {
                    let of = |a: &Aggregated| a.campaigns.get(id).map_or(0, part);
                    let title = format!("{name}: {what}");
                    self.aggregated(&format!("campaign_{what}"), &title, campaign, Unit::Count, of)
                });
            }
        }
        lines
    }

    fn aggregated(
        &self,
        name: &str,
        title: &str,
        campaign: Option<String>,
        unit: Unit,
        of: impl Fn(&Aggregated) -> i64,
    ) -> Line {
        let before = self.before.as_ref().map(&of);
        let after = self.it.people_after.as_ref().map(&of);
        let went = self.it.went.as_ref().map(&of);
        let reason = match (before, after, went) {
            (Some(before), Some(after), Some(went)) => {
                let window = name.starts_with("active_");
                self.moved(unit, went, after - before + went, window)
            }
            _ => "Measured again when the job ends.".to_owned(),
        };
        Line {
            name: name.to_owned(),
            title: title.to_owned(),
            campaign,
            unit,
            basis: Basis::Aggregated,
            before,
            after,
            change: before.zip(after).map(|(before, after)| after - before),
            reason,
        }
    }

    /// Why an aggregated figure moved: what went with the deleted people, and the rest.
    fn moved(&self, unit: Unit, went: i64, rest: i64, window: bool) -> String {
        let words = |figure: i64| unit.words(figure, self.currency);
        let own = match went {
            0 => "Nothing of it belonged to the deleted people".to_owned(),
            went => format!("{} went with the deleted people", words(went)),
        };
        let cause = if window {
            "as the window of days moved on and others came"
        } else {
            "from others, meanwhile"
        };
        match rest {
            0 => format!("{own}."),
            1.. => format!("{own}; {} came {cause}.", words(rest)),
            _ => format!("{own}; {} more went {cause}.", words(rest.saturating_neg())),
        }
    }

    fn accumulated(
        &self,
        name: &str,
        title: String,
        campaign: Option<String>,
        unit: Unit,
        of: impl Fn(&Accumulated) -> i64,
    ) -> Line {
        let before = self.it.totals_before.as_ref().map(&of);
        let after = self.it.totals_after.as_ref().map(&of);
        let change = before.zip(after).map(|(before, after)| after - before);
        let words = |figure: i64| unit.words(figure, self.currency);
        let reason = match change {
            Some(0) => "Not taken back when people go.".to_owned(),
            Some(more @ 1..) => format!(
                "{} arrived while the job ran; nothing was taken back.",
                words(more)
            ),
            // Refunds are purchases below nothing.
            Some(less) if unit == Unit::Money => {
                format!(
                    "{} arrived while the job ran; nothing was taken back.",
                    words(less)
                )
            }
            Some(_) => "It fell, which no deletion does. Please report this.".to_owned(),
            None if before.is_none() => "The job began before reports were measured.".to_owned(),
            None => "Measured again when the job ends.".to_owned(),
        };
        Line {
            name: name.to_owned(),
            title,
            campaign,
            unit,
            basis: Basis::Accumulated,
            before,
            after,
            change,
            reason,
        }
    }
}

#[cfg(test)]
mod tests;
