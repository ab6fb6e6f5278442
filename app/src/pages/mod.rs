//! The pages, one a file. A page says what is loaded and how its parts stand; the parts are in `components` and `ui`.

pub mod campaign;
pub mod campaign_edit;
pub mod campaign_new;
pub mod campaigns;
pub mod delete;
pub mod job;
pub mod job_report;
pub mod jobs;
pub mod login;
pub mod not_found;
pub mod notices;
pub mod notifications;
pub mod overview;
pub mod profile;
pub mod profiles;
pub mod recurring;
pub mod recurring_list;
pub mod recurring_new;
pub mod reports;
pub mod segment;
pub mod segment_edit;
pub mod segment_new;
pub mod segments;
pub mod settings_limits;
pub mod targets;
pub mod warehouse;
