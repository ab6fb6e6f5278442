//! Parts that know the domain: they turn its words and numbers into what people read.

pub mod badges;
pub mod deletion_facts;
pub mod deletion_form;
pub mod format;
pub mod frame;
pub mod impact_words;
pub mod job_parts;
pub mod job_result;
pub mod job_view;
pub mod job_words;
pub mod notice;
pub mod people;
pub mod problem_words;
pub mod questions;
pub mod segment_form;
pub mod segment_parts;
pub mod typed;
pub mod usage;

pub use badges::{CampaignBadge, JobBadge, SegmentBadge};
pub use deletion_facts::{HowLong, WhatStays, WhoGoes};
pub use deletion_form::{ConfirmForm, Options};
pub use format::{ago, day, gap, moment, money, money_short, one_or_many, stamp};
pub use frame::{Here, Place, page, problem_panel};
pub use impact_words::{estimate_words, headline};
pub use job_parts::{JobsTable, Pager, RunningCard};
pub use job_result::JobResult;
pub use job_view::{JobView, StepView, TileView};
pub use notice::Notices;
pub use people::PeopleTable;
pub use questions::Questions;
pub use segment_form::{SegmentDraft, SegmentForm, look, preview_words};
pub use segment_parts::{CountLine, DangerZone, DisabledBanner, PostButton};
pub use typed::Typed;
pub use usage::{UsageTable, places};
