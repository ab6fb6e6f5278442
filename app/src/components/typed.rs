//! A form's page after a refusal: what was typed, which box is concerned, and the sentence that belongs beside it.

use domain::problem::Code;
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// What the page's address carries.
#[derive(Debug, Clone)]
pub struct Typed(ParamsMap);

impl Typed {
    /// Reads the address. Call while the page's component runs, not later.
    pub fn read() -> Self {
        Self(use_query_map().get_untracked())
    }

    /// A value, or nothing.
    pub fn get(&self, name: &str) -> String {
        self.0.get(name).unwrap_or_default()
    }

    /// Whether the page comes back from a refusal.
    pub fn problem(&self) -> Option<Code> {
        Code::parse(&self.get("problem"))
    }

    /// What is wrong with a box.
    pub fn error(&self, field: &str) -> Option<String> {
        let code = self.problem().filter(|_| self.get("field") == field)?;
        Some(sentence(code, field).to_owned())
    }

    /// Whether the cursor belongs into a box.
    pub fn at(&self, field: &str) -> bool {
        self.problem().is_some() && self.get("field") == field
    }
}

/// The table's sentence, or a better one where the box says more. Never text out of the address.
pub fn sentence(code: Code, field: &str) -> &'static str {
    match (code, field) {
        (Code::Invalid, "max_rate") => {
            "Type a whole number of profiles a second, or leave the box empty for no limit."
        }
        (Code::Invalid, "quiet_from") => {
            "Type when the quiet hours begin, from 00:00 to 23:59, or leave both times empty for none."
        }
        (Code::Invalid, "quiet_to") => {
            "Type when the quiet hours end, from 00:00 to 23:59 and not when they begin, or leave both times empty for none."
        }
        (Code::Invalid, "quiet_zone") => {
            "There is no such time zone. Choose one of the list, such as Europe/Berlin or UTC."
        }
        (Code::Invalid, "name" | "copy_name") => "Type a name of 1 to 120 characters, on one line.",
        (Code::Invalid, "mode") => "Choose what the file does: add, remove or replace.",
        (Code::TooLarge, "file") => {
            "The file is larger than 256 MB. Larger ones come by the command line: lethe import lists."
        }
        (Code::BadRequest, _) => "The form did not arrive whole. Send it again.",
        (Code::NameTaken, _) => "Another segment has this name. Choose another one.",
        (Code::CountMoved, _) => {
            "The number has changed since you saw it. Type the new number, shown above, if you still want this."
        }
        (Code::ForceRequired, _) => {
            "This would delete everyone in the dataset. Tick the box if that is meant."
        }
        _ => code.sentence(),
    }
}
