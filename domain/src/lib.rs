//! The words and rules of Lethe, in reading order. Pure: no I/O, no async, no clock, no features; compiles for the
//! browser. Everything that must hold is written here once and read by the engine, the pages, the REST door and tests.
//!
//! # Glossary
//! *dataset*: an isolated store of profiles, with its own roles and jobs · *profile*: one person's record ("user" on the
//! screens of the product that this one follows) · *identity*: a typed identifier (user_id, anonymous_id, email, phone) ·
//! *event*: something a person did · *segment*: a named set of profiles, by rule, by hand or by list · *rule*: the text
//! that says who is in · *campaign*: what targets segments · *usage*: what leans on a segment, direct and indirect ·
//! *impact*: what deleting a segment's people would do · *estimate*: how long it would take, and on what basis ·
//! *plan*: a deletion in several jobs, because one may not take so long · *guard*: a check before start: allow, warn or block · *job*: one bulk deletion · *freeze*: fixing the *target set* ·
//! *batch*: one transaction of a job · *leftover*: a target that was not deleted, with its reason · *cached count*: a
//! number with the time at which it was true · *warehouse*: the copy that bulk deletion leaves · *problem*: an expected
//! refusal, with a code and a sentence · *legal hold*: what keeps people from being deleted by any door · *notice*: word to a person of what a deletion of theirs came to · *recurring
//! deletion*: one that is due again and again, by a standing confirmation · *export*: a copy of the target set, kept for a
//! few days · *receipt*: the signed statement of what a deletion did and did not do · *suppression*: refusing data about
//! an identity, so that nobody comes back who was deleted.
//! *Deletion* is housekeeping by segment; *erasure* is a person's legal right.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod id;
pub mod micros;
pub mod problem;
pub mod time;
pub mod value;

pub mod access;
pub mod audit;
pub mod dataset;
pub mod event;
pub mod page;
pub mod profile;

pub mod membership;
pub mod rule;
pub mod segment;

pub mod campaign;
pub mod csv;
pub mod dashboard;
pub mod decision;
pub mod erasure;
pub mod estimate;
pub mod export;
pub mod guard;
pub mod hold;
pub mod impact;
pub mod job;
pub mod metric;
pub mod notice;
pub mod plan;
pub mod privacy;
pub mod receipt;
pub mod recurring;
pub mod report;
pub mod series;
pub mod suppression;
pub mod tracking;
pub mod usage;
pub mod warehouse;
