//! Reading the audit log. Writing it is each service's own affair, in the transaction of its deed.

use super::Engine;
use crate::{error::Result, store};
use domain::{
    access::{Actor, Permission},
    audit::{AuditEntry, AuditFilter},
    page::{Page, PageRequest},
    problem::Problem,
};

impl Engine {
    /// Who did what, newest first. Who is bound to one dataset sees that dataset's entries.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for another dataset than theirs.
    pub async fn audit(
        &self,
        actor: &Actor,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>> {
        actor.require(Permission::Administer)?;
        if filter
            .dataset
            .is_some_and(|asked| actor.dataset.is_some_and(|own| own != asked))
        {
            return Err(Problem::not_found("dataset").into());
        }
        let filter = AuditFilter {
            dataset: actor.dataset.or(filter.dataset),
            ..filter
        };
        let mut conn = self.inner.store.read().await?;
        let entries = store::audit::list(&mut conn, &filter, page.after(), page.rows()).await?;
        Ok(Page::from_fetched(entries, page.rows(), |entry| {
            entry.id.to_string()
        }))
    }
}
