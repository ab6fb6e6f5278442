//! Where forms that come back are kept: in memory, so that nothing of what somebody typed outlives the process.

use super::{door, returned::Returned};
use domain::{access::SessionInfo, time::Timestamp};
use leptos::{nonce::Nonce, prelude::*};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How long a form is kept: as long as somebody may take to put it right.
const KEPT_MS: i64 = 30 * 60_000;
/// Most forms of one person; a page needs one.
const OF_ONE_MAX: usize = 20;
/// Most bytes of all forms together.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// A form with whose it is, and until when.
struct Kept {
    key: String,
    owner: String,
    until: Timestamp,
    form: Returned,
}

impl Kept {
    fn bytes(&self) -> usize {
        let said = self
            .form
            .problem
            .as_ref()
            .map_or(0, |problem| problem.message.len());
        self.form.typed.iter().map(|(_, text)| text.len()).sum::<usize>() + said
    }
}

/// The forms that are kept, the oldest first. A cheap handle.
#[derive(Clone, Default)]
pub struct KeptForms(Arc<Mutex<VecDeque<Kept>>>);

/// Keeps what was typed out of logs.
impl fmt::Debug for KeptForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptForms").finish_non_exhaustive()
    }
}

impl KeptForms {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // What is kept is whole at any moment, also where a thread died.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a form, and forgets others where there are too many. Gives its key, which nobody guesses.
    fn keep(&self, owner: &str, form: Returned, now: Timestamp) -> String {
        let key = Nonce::new().to_string();
        let mut kept = self.lock();
        kept.retain(|other| other.until > now);
        kept.push_back(Kept {
            key: key.clone(),
            owner: owner.to_owned(),
            until: now.plus_ms(KEPT_MS),
            form,
        });
        while kept.iter().filter(|other| other.owner == owner).count() > OF_ONE_MAX {
            let oldest = kept.iter().position(|other| other.owner == owner);
            oldest.map(|at| kept.remove(at));
        }
        while kept.iter().map(Kept::bytes).sum::<usize>() > BYTES_MAX && kept.len() > 1 {
            kept.pop_front();
        }
        key
    }

    /// A form by its key, where it is theirs. It stays, so that the page can be loaded again.
    fn find(&self, owner: &str, key: &str, now: Timestamp) -> Option<Returned> {
        let kept = self.lock();
        let found = kept
            .iter()
            .find(|form| form.key == key && form.owner == owner && form.until > now);
        found.map(|found| found.form.clone())
    }
}

/// Whose form it is. Nobody's where nobody is logged in.
fn owner() -> Option<String> {
    let session = use_context::<Option<SessionInfo>>().flatten()?;
    Some(session.user_name)
}

/// Keeps a form of whoever is logged in; gives it back where nobody is.
pub(super) fn keep(form: Returned) -> Result<String, Returned> {
    match owner() {
        Some(owner) => Ok(door::settings().forms.keep(&owner, form, door::now())),
        None => Err(form),
    }
}

/// See `returned`.
pub(super) fn take_up(key: &str) -> Option<Returned> {
    let owner = owner().filter(|_| !key.is_empty())?;
    door::settings().forms.find(&owner, key, door::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Returned {
        Returned {
            problem: None,
            typed: vec![("rule", text.to_owned())],
        }
    }

    #[test]
    fn a_form_comes_back_to_its_owner_alone_and_for_a_time() {
        let (forms, now) = (KeptForms::default(), Timestamp::from_ms(1_000));
        let key = forms.keep("ada", form("a"), now);
        assert_eq!(forms.find("ada", &key, now), Some(form("a")));
        assert_eq!(
            forms.find("ada", &key, now),
            Some(form("a")),
            "a page is loaded twice"
        );
        assert_eq!(forms.find("bob", &key, now), None);
        assert_eq!(forms.find("ada", "x", now), None);
        assert_eq!(forms.find("ada", &key, now.plus_ms(KEPT_MS)), None);
    }

    #[test]
    fn neither_many_forms_nor_long_ones_fill_the_memory() {
        let (forms, now) = (KeptForms::default(), Timestamp::from_ms(0));
        let other = forms.keep("bob", form("b"), now);
        let keys: Vec<_> = (0..=OF_ONE_MAX)
            .map(|n| forms.keep("ada", form(&n.to_string()), now))
            .collect();
        let known = |key: &String| forms.find("ada", key, now).is_some();
        assert_eq!(keys.iter().filter(|key| known(key)).count(), OF_ONE_MAX);
        assert!(!known(&keys[0]) && forms.find("bob", &other, now).is_some());
        let long = forms.keep("ada", form(&"x".repeat(BYTES_MAX)), now);
        assert!(known(&long) && forms.find("bob", &other, now).is_none());
    }
}
