//! What happened to a segment, out of the audit log. What stands there already names nobody; segments that a rule refers to are
//! shown by their present name.

use super::{Engine, segments::existing};
use crate::{
    error::Result,
    store::{self, segments::Catalogue},
};
use domain::{
    access::{Actor, Permission},
    audit::AuditEntry,
    id::{DatasetId, JobId, ProfileId, SegmentId},
    membership::{Deed, HistoryEntry},
    page::{Page, PageRequest},
    rule,
};
use serde_json::Value;

impl Engine {
    /// What happened to the segment and to its people by deletions, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn segment_history(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        page: PageRequest,
    ) -> Result<Page<HistoryEntry>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        existing(&mut conn, dataset, id).await?;
        let catalogue = store::segments::catalogue(&mut conn, dataset).await?;
        let found = store::audit::of_segment(&mut conn, dataset, id, page.after(), page.rows()).await?;
        let entries = found.into_iter().map(|entry| shown(&catalogue, entry)).collect();
        Ok(Page::from_fetched(
            entries,
            page.rows(),
            |entry: &HistoryEntry| entry.id.to_string(),
        ))
    }
}

fn shown(catalogue: &Catalogue, entry: AuditEntry) -> HistoryEntry {
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let text = |name: &str| detail[name].as_str().map(str::to_owned);
    let number = |name: &str| detail[name].as_i64().unwrap_or(0);
    let named = |name: &str| text(name).map(|rule| with_names(catalogue, rule));
    let job = entry.object.strip_prefix("job:").and_then(|id| id.parse().ok());
    let deed = match (entry.action.as_str(), job) {
        (_, Some(job)) => Deed::Job {
            job: JobId(job),
            deleted: detail["counts"]["deleted"].as_i64(),
            action: entry.action,
        },
        ("segment.create", _) => Deed::Created {
            rule: named("rule"),
            copy_of: text("copy_of"),
        },
        ("segment.change", _) => Deed::Changed {
            name: text("name_before").zip(text("name")),
            rule: named("rule").map(|new| (named("rule_before"), new)),
        },
        ("segment.enable", _) => Deed::Enabled,
        ("segment.disable", _) => Deed::Disabled,
        ("segment.member_add" | "segment.member_remove", _) => Deed::Member {
            profile: ProfileId(number("profile")),
            joined: entry.action == "segment.member_add",
        },
        ("segment.file", _) => Deed::File {
            mode: text("mode").unwrap_or_default(),
            joined: number("joined"),
            left: number("left"),
            broke_off: detail["broke_off"].as_bool().unwrap_or(false),
        },
        _ => Deed::Other { action: entry.action },
    };
    HistoryEntry {
        id: entry.id,
        at: entry.at,
        actor: entry.actor,
        deed,
    }
}

/// The audit log has segments by number; one that is gone stays a number.
fn with_names(catalogue: &Catalogue, text: String) -> String {
    rule::parse(&text).map_or(text, |rule| catalogue.print(&rule))
}
