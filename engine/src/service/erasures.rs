//! A person's legal rights: everything that is known of somebody, and erasing single persons from store and warehouse at
//! once.

use super::Engine;
use crate::error::Result;
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    privacy::{ErasureDone, PersonRecord},
    problem::{Code, Problem},
};

impl Engine {
    /// Erases the people of these identities (of any kind: `user_id`, e-mail, phone, anonymous id) from the store and the
    /// warehouse; answered when both have committed. `request`: the privacy request it is done for, which the keyed hashes
    /// of the erased identities are then filed under. Whoever is held stays and is counted.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for the dataset, `too_large` where too many are named.
    pub async fn erase_people(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        identities: &[String],
        request: Option<i64>,
    ) -> Result<ErasureDone> {
        actor.require_in(Permission::Privacy, dataset)?;
        let _ = (identities, request);
        Err(Problem::new(Code::NotAvailable).into())
    }

    /// Everything that is known of the person with this identity, in store and warehouse; `None`: nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for the dataset.
    pub async fn person_record(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        identity: &str,
    ) -> Result<Option<PersonRecord>> {
        actor.require_in(Permission::Privacy, dataset)?;
        let _ = identity;
        Err(Problem::new(Code::NotAvailable).into())
    }
}
