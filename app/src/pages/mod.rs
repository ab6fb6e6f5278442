//! The pages, one a file. A page says what is loaded and how its parts stand; the parts are in `components` and `ui`.

pub mod campaign;
pub mod campaigns;
pub mod delete;
pub mod job;
pub mod jobs;
pub mod login;
pub mod not_found;
pub mod overview;
pub mod profile;
pub mod profiles;
pub mod segment;
pub mod segment_edit;
pub mod segment_new;
pub mod segments;
pub mod targets;
