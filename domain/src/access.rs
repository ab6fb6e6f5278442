//! Who may do what: roles of people, scopes of tokens, and the permissions that services ask for. Knows no session,
//! no cookie and no password.

use crate::{
    id::DatasetId,
    problem::{Code, Problem},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a service asks for before it does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See profiles, segments, campaigns, jobs.
    View,
    /// Create and change segments and campaigns; recount.
    Edit,
    /// Import people and events.
    Import,
    /// Start, pause, resume, cancel a bulk deletion.
    DeleteInBulk,
    /// Approve somebody else's deletion.
    Approve,
    /// Take the people of a deletion out in a file, and have such a file wiped.
    Export,
    /// Look up and erase one person.
    Privacy,
    /// Users, tokens, datasets, settings, audit.
    Administer,
}

/// The role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Approves deletions and takes their people out in a file; sees everything.
    Approver,
    /// Handles privacy requests; sees everything.
    Privacy,
    /// Works on segments and campaigns, imports.
    Editor,
    /// Looks.
    Viewer,
}

impl Role {
    /// Every role, most powerful first.
    pub const ALL: [Role; 5] = [
        Role::Administrator,
        Role::Approver,
        Role::Privacy,
        Role::Editor,
        Role::Viewer,
    ];

    /// The text form, as stored and typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Approver => "approver",
            Role::Privacy => "privacy",
            Role::Editor => "editor",
            Role::Viewer => "viewer",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::Approver => "Approver",
            Role::Privacy => "Privacy officer",
            Role::Editor => "Editor",
            Role::Viewer => "Viewer",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role carries the permission.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Role::Administrator => true,
            Role::Approver => matches!(permission, P::View | P::Approve | P::Export),
            Role::Privacy => matches!(permission, P::View | P::Privacy),
            Role::Editor => matches!(permission, P::View | P::Edit | P::Import),
            Role::Viewer => matches!(permission, P::View),
        }
    }
}

/// The scope of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Admin,
    /// Reads and bulk deletions.
    Bulk,
    /// Look-up, erasure, OpenDSR.
    Privacy,
    /// Imports and tracking.
    Ingest,
    /// GET and preview.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 5] = [
        Scope::Admin,
        Scope::Bulk,
        Scope::Privacy,
        Scope::Ingest,
        Scope::Read,
    ];

    /// The text form, as stored and typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Admin => "admin",
            Scope::Bulk => "bulk",
            Scope::Privacy => "privacy",
            Scope::Ingest => "ingest",
            Scope::Read => "read",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Whether the scope carries the permission.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Scope::Admin => true,
            Scope::Bulk => matches!(permission, P::View | P::DeleteInBulk | P::Export),
            Scope::Privacy => matches!(permission, P::Privacy),
            Scope::Ingest => matches!(permission, P::Import),
            Scope::Read => matches!(permission, P::View),
        }
    }
}

/// How the actor came in, and with what powers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Powers {
    /// A person with a session.
    Person {
        /// Their role.
        role: Role,
    },
    /// A machine with a token.
    Token {
        /// Its scope.
        scope: Scope,
    },
    /// The command line on the server's own machine: everything.
    Operator,
    /// The server itself: the runner, start-up.
    System,
}

/// Who asks. Every service call takes one and checks it first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// As it stands in the audit log: a user's name, `token:KEY_ID`, `cli:UID`, `system`.
    pub name: String,
    /// With what powers.
    pub powers: Powers,
    /// The one dataset they may touch; `None`: all.
    pub dataset: Option<DatasetId>,
}

impl Actor {
    /// The server itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            name: "system".to_owned(),
            powers: Powers::System,
            dataset: None,
        }
    }

    /// The command line, run by the operating system's user `uid`.
    #[must_use]
    pub fn operator(uid: u32) -> Self {
        Self {
            name: format!("cli:{uid}"),
            powers: Powers::Operator,
            dataset: None,
        }
    }

    /// Whether they may.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        match self.powers {
            Powers::Person { role } => role.allows(permission),
            Powers::Token { scope } => scope.allows(permission),
            Powers::Operator | Powers::System => true,
        }
    }

    /// Checks a permission that concerns the whole installation.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Problem::new(Code::Forbidden))
        }
    }

    /// Checks a permission within a dataset. Another dataset than theirs answers as if it did not exist.
    ///
    /// # Errors
    /// `not_found`, `forbidden`.
    pub fn require_in(&self, permission: Permission, dataset: DatasetId) -> Result<(), Problem> {
        if self.dataset.is_some_and(|own| own != dataset) {
            return Err(Problem::not_found("dataset"));
        }
        self.require(permission)
    }
}

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Most bytes of a password: hashing longer ones would only cost time.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Longest name of a user or a token, in characters.
pub const NAME_CHARS_MAX: usize = 80;

/// A person who logs in, as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// The name they log in with.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The short name of the one dataset they may touch; `None`: all.
    pub dataset: Option<String>,
    /// When created.
    pub created_at: Timestamp,
    /// Since when they can no longer log in.
    pub disabled_at: Option<Timestamp>,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Its public half.
    pub key_id: String,
    /// What it is for, in people's words.
    pub name: String,
    /// What it may.
    pub scope: Scope,
    /// The short name of the one dataset it may touch; `None`: all.
    pub dataset: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// Since when it is of no use.
    pub revoked_at: Option<Timestamp>,
}

/// A new token: the only time that its secret is seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The public half.
    pub key_id: String,
    /// The secret half.
    pub secret: String,
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Who is logged in, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Who asks, for every service call.
    pub actor: Actor,
    /// The name they logged in with.
    pub user_name: String,
    /// Their role.
    pub role: Role,
    /// When they last gave their password.
    pub password_at: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_bulk_tokens_and_operators_delete_in_bulk() {
        for role in Role::ALL {
            assert_eq!(role.allows(Permission::DeleteInBulk), role == Role::Administrator);
        }
        for scope in Scope::ALL {
            assert_eq!(
                scope.allows(Permission::DeleteInBulk),
                matches!(scope, Scope::Admin | Scope::Bulk)
            );
        }
        assert!(Actor::operator(0).may(Permission::DeleteInBulk));
    }

    #[test]
    fn whoever_deletes_or_approves_may_export_and_nobody_else() {
        let may: Vec<_> = Role::ALL
            .into_iter()
            .filter(|role| role.allows(Permission::Export))
            .collect();
        assert_eq!(may, [Role::Administrator, Role::Approver]);
        let may: Vec<_> = Scope::ALL
            .into_iter()
            .filter(|scope| scope.allows(Permission::Export))
            .collect();
        assert_eq!(may, [Scope::Admin, Scope::Bulk]);
    }

    #[test]
    fn another_dataset_does_not_exist_for_a_bound_actor() {
        let actor = Actor {
            name: "t".into(),
            powers: Powers::Token { scope: Scope::Admin },
            dataset: Some(DatasetId(1)),
        };
        assert!(actor.require_in(Permission::View, DatasetId(1)).is_ok());
        let refused = actor
            .require_in(Permission::View, DatasetId(2))
            .map_err(|p| p.code);
        assert_eq!(refused, Err(Code::NotFound));
    }
}
