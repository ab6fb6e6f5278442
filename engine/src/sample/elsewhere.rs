//! The sample's A/B test, and what other systems run on its segments: a list like the one that an operator sends.

use super::{SLUG, setup::campaign};
use crate::{error::Result, import::ImportOptions, service::Engine};
use domain::{access::Actor, campaign::Arm, id::DatasetId};
use std::io::Cursor;

/// Everything is under example.com: nobody's.
const USES: &str = "\
id,kind,name,status,include,exclude,owner,link
jr-104,journey,Welcome back journey,active,Lapsed: no purchase since 1998,VIP guests,CRM team,https://journeys.example.com/104
tr-12,trigger,Left the regulars,running,Regulars of 1998,,Lifecycle,https://triggers.example.com/12
pr-7,promotion,Ten percent for big spenders,scheduled,Big spenders,VIP guests,Pricing,https://prices.example.com/7
ex-3,export,Nightly export to the call centre,active,Lapsed big spenders,,Service desk,https://exports.example.com/3
ad-55,campaign,Retargeting for first buyers,paused,One purchase only,Newsletter list,Paid media,https://ads.example.com/55
";

/// The arms of the sample's campaigns: one of them is a test of two subject lines.
pub(super) fn arms(id: &str) -> Vec<Arm> {
    if id != campaign::WIN_BACK {
        return Vec::new();
    }
    let arm = |name: &str, from, upto| Arm {
        name: name.to_owned(),
        from,
        upto,
    };
    vec![arm("A: We miss you", 0, 5_000), arm("B: 10 % off", 5_000, 10_000)]
}

/// Registers what runs elsewhere.
pub(super) async fn register(engine: &Engine, dataset: DatasetId) -> Result<()> {
    let input = Cursor::new(USES.as_bytes().to_vec());
    let report = engine
        .import_uses(&Actor::system(), dataset, ImportOptions::default(), input)
        .await?;
    tracing::debug!(
        dataset = SLUG,
        uses = report.accepted,
        rejected = report.rejected,
        "uses of other systems were registered"
    );
    Ok(())
}
