//! The words and rules of Lethe, in reading order. Pure: no I/O, no async, no clock, no features; compiles for the
//! browser. Everything that must hold is written here once and read by the engine, the pages, the REST door and tests.
//!
//! # Glossary
//! *dataset*: an isolated store of profiles, with its own roles and jobs · *profile*: one person's record ("user" on the
//! screens of the product that this one follows) · *identity*: a typed identifier (user_id, anonymous_id, email, phone) ·
//! *event*: something a person did · *segment*: a named set of profiles, by rule, by hand or by list · *rule*: the text
//! that says who is in · *campaign*: what targets segments · *usage*: what leans on a segment, direct and indirect ·
//! *impact*: what deleting a segment's people would do · *estimate*: how long it would take, and on what basis ·
//! *guard*: a check before start: allow, warn or block · *job*: one bulk deletion · *freeze*: fixing the *target set* ·
//! *batch*: one transaction of a job · *leftover*: a target that was not deleted, with its reason · *cached count*: a
//! number with the time at which it was true · *warehouse*: the copy that bulk deletion leaves · *problem*: an expected
//! refusal, with a code and a sentence. *Deletion* is housekeeping by segment; *erasure* is a person's legal right.
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
pub mod erasure;
pub mod estimate;
pub mod guard;
pub mod impact;
pub mod job;
pub mod plan;
pub mod usage;
