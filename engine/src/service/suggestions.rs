//! What the data offers to who writes a rule: names and values. Identities are never suggested.

use super::Engine;
use crate::{error::Result, store};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    membership::RuleWords,
    rule::draft::plain_value,
};

impl Engine {
    /// The names that a rule of the dataset can use.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn rule_words(&self, actor: &Actor, dataset: DatasetId) -> Result<RuleWords> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.count().await?;
        let segments = store::segments::list(&mut conn, dataset, true).await?;
        let campaigns = store::campaigns::list(&mut conn, dataset).await?;
        Ok(RuleWords {
            attributes: store::suggest::attributes(&mut conn, dataset).await?,
            kinds: store::suggest::kinds(&mut conn, dataset).await?,
            properties: store::suggest::properties(&mut conn, dataset).await?,
            segments: segments.into_iter().map(|segment| segment.name).collect(),
            campaigns: campaigns.into_iter().map(|campaign| campaign.id).collect(),
        })
    }

    /// Values of an attribute, or of a property of the events of a kind (empty: of any), as they are typed into a box; the
    /// most frequent first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn rule_values(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        of_events: Option<&str>,
        name: &str,
    ) -> Result<Vec<String>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.count().await?;
        let values = match of_events {
            None => store::suggest::attribute_values(&mut conn, dataset, name).await?,
            Some(kind) => store::suggest::property_values(&mut conn, dataset, kind, name).await?,
        };
        Ok(values.iter().filter_map(plain_value).collect())
    }
}
