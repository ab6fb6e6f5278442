//! Addresses of the pages, in one place. Knows what a link looks like and nothing of what stands behind it.

use domain::{
    id::{HoldId, JobId, ProfileId, RecurringId, RequestId, SegmentId},
    receipt::ReceiptOf,
};
use std::fmt::Write as _;

/// The overview of a dataset.
pub fn overview(ds: &str) -> String {
    format!("/d/{ds}")
}

/// All profiles.
pub fn profiles(ds: &str) -> String {
    format!("/d/{ds}/profiles")
}

/// One person.
pub fn profile(ds: &str, id: ProfileId) -> String {
    format!("/d/{ds}/profiles/{id}")
}

/// Looking for a person who is to be erased.
pub fn erase(ds: &str) -> String {
    format!("/d/{ds}/erase")
}

/// The same with a person who was looked for.
pub fn erase_person(ds: &str, who: &str) -> String {
    with_query(&erase(ds), &[("who", who)])
}

/// All segments.
pub fn segments(ds: &str) -> String {
    format!("/d/{ds}/segments")
}

/// One segment.
pub fn segment(ds: &str, id: SegmentId) -> String {
    format!("/d/{ds}/segments/{id}")
}

/// A new segment.
pub fn new_segment(ds: &str) -> String {
    format!("/d/{ds}/segments/new")
}

/// A segment's name and rule, to change.
pub fn edit_segment(ds: &str, id: SegmentId) -> String {
    format!("/d/{ds}/segments/{id}/edit")
}

/// What deleting a segment's people would do.
pub fn delete_segment(ds: &str, id: SegmentId) -> String {
    format!("/d/{ds}/segments/{id}/delete")
}

/// All deletions.
pub fn jobs(ds: &str) -> String {
    format!("/d/{ds}/jobs")
}

/// One deletion.
pub fn job(ds: &str, id: JobId) -> String {
    format!("/d/{ds}/jobs/{id}")
}

/// All recurring deletions.
pub fn recurring_list(ds: &str) -> String {
    format!("/d/{ds}/recurring")
}

/// One recurring deletion.
pub fn recurring(ds: &str, id: RecurringId) -> String {
    format!("/d/{ds}/recurring/{id}")
}

/// A new recurring deletion of a segment.
pub fn new_recurring(ds: &str, segment: SegmentId) -> String {
    format!("/d/{ds}/recurring/new?segment={segment}")
}

/// Word of what one's deletions came to.
pub fn notices(ds: &str) -> String {
    format!("/d/{ds}/notices")
}

/// By which ways notices leave the console.
pub const NOTIFICATIONS: &str = "/settings/notifications";

/// The people on a deletion's list.
pub fn targets(ds: &str, id: JobId) -> String {
    format!("/d/{ds}/jobs/{id}/targets")
}

/// The people on a deletion's list in a file, without the ending that says its form.
pub fn export_of(ds: &str, id: JobId) -> String {
    format!("/d/{ds}/jobs/{id}/export")
}

/// What became of each of them in a file, without the ending that says its form.
pub fn results_of(ds: &str, id: JobId) -> String {
    format!("/d/{ds}/jobs/{id}/results")
}

/// All campaigns.
pub fn campaigns(ds: &str) -> String {
    format!("/d/{ds}/campaigns")
}

/// One campaign.
pub fn campaign(ds: &str, id: &str) -> String {
    format!("/d/{ds}/campaigns/{}", encode(id))
}

/// Limits of the installation.
pub const fn limits() -> &'static str {
    "/settings/limits"
}

/// A new campaign.
pub fn new_campaign(ds: &str) -> String {
    format!("/d/{ds}/campaigns/new")
}

/// A campaign, to change.
pub fn edit_campaign(ds: &str, id: &str) -> String {
    format!("{}/edit", campaign(ds, id))
}

/// What other systems run on segments.
pub fn registered_uses(ds: &str) -> String {
    format!("{}#elsewhere", campaigns(ds))
}

/// The reports of a dataset.
pub fn reports(ds: &str) -> String {
    format!("/d/{ds}/reports")
}

/// What one deletion changed.
pub fn job_report(ds: &str, id: JobId) -> String {
    format!("/d/{ds}/jobs/{id}/report")
}

/// The receipt of a deletion or of a privacy request.
pub fn receipt(ds: &str, of: ReceiptOf) -> String {
    let whose = match of {
        ReceiptOf::Job(id) => job(ds, id),
        ReceiptOf::Request(id) => request(ds, id),
    };
    format!("{whose}/receipt")
}

/// The same as it was signed, in a file.
pub fn receipt_file(ds: &str, of: ReceiptOf) -> String {
    format!("{}.json", receipt(ds, of))
}

/// The public key by which receipts are verified.
pub const RECEIPT_KEY: &str = "/receipt-key.pem";

/// Identities whose data is refused.
pub fn suppressions(ds: &str) -> String {
    format!("/d/{ds}/suppressions")
}

/// The warehouse.
pub fn warehouse(ds: &str) -> String {
    format!("/d/{ds}/warehouse")
}

/// A table of the warehouse as a file.
pub fn warehouse_table(ds: &str, table: &str) -> String {
    format!("/d/{ds}/warehouse/{table}.csv")
}

/// What sites and servers send.
pub fn live(ds: &str) -> String {
    format!("/d/{ds}/live")
}

/// All legal holds.
pub fn holds(ds: &str) -> String {
    format!("/d/{ds}/holds")
}

/// One legal hold.
pub fn hold(ds: &str, id: HoldId) -> String {
    format!("/d/{ds}/holds/{id}")
}

/// A new legal hold.
pub fn new_hold(ds: &str) -> String {
    format!("/d/{ds}/holds/new")
}

/// All privacy requests.
pub fn privacy(ds: &str) -> String {
    format!("/d/{ds}/privacy")
}

/// A new privacy request.
pub fn new_request(ds: &str) -> String {
    format!("/d/{ds}/privacy/new")
}

/// One privacy request.
pub fn request(ds: &str, id: RequestId) -> String {
    format!("/d/{ds}/privacy/{id}")
}

/// The answer to a request for access or portability, as a file.
pub fn request_answer(ds: &str, id: RequestId) -> String {
    format!("/d/{ds}/privacy/{id}/answer.json")
}

/// The register of privacy requests, as a file.
pub fn register(ds: &str) -> String {
    format!("/d/{ds}/privacy/register.csv")
}

/// Whom the dataset's data was disclosed to.
pub fn recipients(ds: &str) -> String {
    format!("/d/{ds}/privacy/recipients")
}

/// An address with a query; empty values are left out.
pub fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    let mut mark = if path.contains('?') { '&' } else { '?' };
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(mark);
        out.push_str(name);
        out.push('=');
        out.push_str(&encode(value));
        mark = '&';
    }
    out
}

/// Percent-encodes everything that is not plain.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_leaves_out_what_is_empty_and_encodes_the_rest() {
        let path = with_query(
            "/d/x/segments",
            &[("q", ""), ("name", "Lapsed: 50% & more"), ("ü", "1")],
        );
        assert_eq!(path, "/d/x/segments?name=Lapsed%3A%2050%25%20%26%20more&ü=1");
    }
}
