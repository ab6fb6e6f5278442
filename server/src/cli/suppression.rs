//! `lethe suppression …`: what can be typed, and the command that is run.

use super::args::InDataset;
use crate::{command::Command, wire};
use clap::Subcommand;
use domain::page::PageRequest;

#[derive(Debug, Subcommand)]
pub(crate) enum Suppression {
    /// List the identities whose data is refused, as keyed hashes, with what each has turned away
    #[command(after_help = "Example: lethe suppression list --dataset main --json")]
    List {
        #[command(flatten)]
        at: InDataset,
        /// Rows at most
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        /// Where the list before ended
        #[arg(long, value_name = "TEXT")]
        cursor: Option<String>,
    },
    /// Ask whether an identity is on the list
    #[command(after_help = "Example: lethe suppression lookup ada@example.com --dataset main")]
    Lookup {
        /// A user id, e-mail address, phone number or anonymous id
        identity: String,
        #[command(flatten)]
        at: InDataset,
    },
    /// Refuse all data about an identity from now on; nobody is deleted by that
    #[command(
        after_help = "Example: lethe suppression add ada@example.com --kind email --dataset main --reason \"asked by letter\""
    )]
    Add {
        /// The identity
        identity: String,
        #[command(flatten)]
        at: InDataset,
        /// user_id, email, phone or anonymous_id
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// For so many days [default: for good]
        #[arg(long, value_name = "N")]
        days: Option<i64>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let data about an identity in again
    #[command(
        after_help = "Example: lethe suppression lift ada@example.com --dataset main --reason \"a customer again\""
    )]
    Lift {
        /// The identity
        identity: String,
        #[command(flatten)]
        at: InDataset,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Look whether deleted people live again
    #[command(after_help = "Example: lethe suppression recheck --dataset main")]
    Recheck {
        #[command(flatten)]
        at: InDataset,
    },
}

/// The command.
pub(super) fn command(it: Suppression) -> Command {
    match it {
        Suppression::List { at, limit, cursor } => Command::SuppressionList {
            dataset: at.dataset,
            page: PageRequest {
                limit: Some(limit),
                cursor,
            },
        },
        Suppression::Lookup { identity, at } => Command::SuppressionLookup {
            dataset: at.dataset,
            identity,
        },
        Suppression::Add {
            identity,
            at,
            kind,
            days,
            reason,
        } => Command::SuppressionAdd {
            dataset: at.dataset,
            new: wire::NewSuppression {
                kind,
                identity,
                days,
                reason,
            },
        },
        Suppression::Lift { identity, at, reason } => Command::SuppressionLift {
            dataset: at.dataset,
            lift: wire::Lift {
                id: None,
                identity: Some(identity),
                reason,
            },
        },
        Suppression::Recheck { at } => Command::Recheck { dataset: at.dataset },
    }
}
