//! A form's page after a refusal: what was typed, which box is concerned, and the sentence that belongs beside it.

use crate::api::returned::{RETURNED, Returned, returned};
use domain::problem::Code;
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// What the page's address carries, and the form that it says has come back.
#[derive(Debug, Clone)]
pub struct Typed {
    address: ParamsMap,
    form: Option<Returned>,
}

impl Typed {
    /// Reads the address. Call while the page's component runs, not later.
    pub fn read() -> Self {
        let address = use_query_map().get_untracked();
        let form = address.get(RETURNED).and_then(|key| returned(&key));
        Self { address, form }
    }

    /// A value, or nothing.
    pub fn get(&self, name: &str) -> String {
        self.returned(name)
            .or_else(|| self.address.get(name))
            .unwrap_or_default()
    }

    /// What a box held in the form that came back: also that it was empty. `None`: the box was in no such form.
    pub fn returned(&self, name: &str) -> Option<String> {
        let kept = self.form.iter().flat_map(|form| &form.typed);
        let mut kept = kept.filter(|(own, _)| *own == name).map(|(_, text)| text.clone());
        let address = || self.problem().and_then(|_| self.address.get(name));
        kept.next().or_else(address)
    }

    /// Whether the page comes back from a refusal.
    pub fn problem(&self) -> Option<Code> {
        Code::parse(&self.address.get("problem").unwrap_or_default())
    }

    /// What is wrong, in a sentence: of the box that it is about, or as the refusal said it. Never text out of the address.
    pub fn sentence(&self, code: Code) -> String {
        let said = self.form.iter().filter_map(|form| form.problem.as_ref());
        let mut said = said.filter(|problem| problem.code == code);
        match of_box(code, &self.get("field")) {
            Some(sentence) => sentence.to_owned(),
            None => said
                .next()
                .map_or_else(|| code.sentence().to_owned(), |problem| problem.message.clone()),
        }
    }

    /// What is wrong with a box.
    pub fn error(&self, field: &str) -> Option<String> {
        let code = self.problem().filter(|_| self.get("field") == field)?;
        Some(self.sentence(code))
    }

    /// Whether the cursor belongs into a box.
    pub fn at(&self, field: &str) -> bool {
        self.problem().is_some() && self.get("field") == field
    }
}

/// A better sentence than the table's where the box says more.
fn of_box(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "max_rate") => {
            "Type a whole number of profiles a second, or leave the box empty for no limit."
        }
        (Code::Invalid, "longest") => {
            "Type a whole number, and choose a unit: one job may take from 1 second to 366 days."
        }
        (Code::Invalid, "proof_days") => {
            "Type a whole number of days from 1 to 3653, or leave the box empty for the usual term."
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
        (Code::Invalid, "start_on") => "Choose the day and the time at which the deletion starts.",
        (Code::Invalid, "start_zone" | "zone") => {
            "There is no such time zone. Choose one of the list, such as Europe/Berlin or UTC."
        }
        (Code::Invalid, "at") => "Choose the time of day, from 00:00 to 23:59.",
        (Code::Invalid, "day") => "Choose the day of the month, from 1 to 31.",
        (Code::CountInvalid, "ceiling") => {
            "Type the most people that one run may delete, a whole number from 1 on."
        }
        (Code::Invalid, "days") => {
            "Type a whole number of days from 1 to 36,500, or leave the box empty to keep the rows."
        }
        (Code::ConsentRequired, "understood") => {
            "Tick the box to say that you understand that an erased person cannot be recovered."
        }
        (Code::ConsentRequired, "sure") => {
            "With this term rows would be removed at once. Tick the box if that is meant."
        }
        (Code::Invalid, "name" | "copy_name") => "Type a name of 1 to 120 characters, on one line.",
        (Code::Invalid, "mode") => "Choose what the file does: add, remove or replace.",
        (Code::TooLarge, "file") => {
            "The file is larger than 256 MB. Larger ones come by the command line: lethe import lists."
        }
        (Code::BadRequest, _) => "The form did not arrive whole. Send it again.",
        (Code::NameTaken, field) if field != "id" && field != "hold_name" => {
            "Another segment has this name. Choose another one."
        }
        (Code::CountMoved, _) => {
            "The number has changed since you saw it. Type the new number, shown above, if you still want this."
        }
        (Code::IdempotencyMismatch, _) => {
            "This page has asked for another deletion already. Look at the list of deletions before you confirm once more."
        }
        (Code::Invalid, "start") => "Choose when the deletion starts.",
        (Code::SegmentDisabled, "rule") => {
            "The segment is disabled, so its rule cannot be changed. Enable it first."
        }
        (Code::ForceRequired, "segment") => {
            "This rule matches everyone. Everyone in the dataset is deleted by hand or not at all."
        }
        (Code::ForceRequired, _) | (Code::ShareUnseen, "everyone") => {
            "This would delete everyone in the dataset. Tick the box if that is meant."
        }
        _ => {
            return of_campaigns(code, field)
                .or_else(|| of_notifications(code, field))
                .or_else(|| of_holds(code, field))
                .or_else(|| of_suppressions(code, field))
                .or_else(|| of_privacy(code, field));
        }
    })
}

/// What the boxes of a campaign say.
fn of_campaigns(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::NameTaken, "id") => "A campaign with this id exists already. Choose another id.",
        (Code::Invalid, "id") => "An id has 1 to 128 bytes, no control characters, and is not “new”.",
        (Code::Invalid, "arms") => {
            "Give each arm a name of its own and two percentages, the first below the second, from 0 to 100 with at most two decimals, so that no ranges overlap."
        }
        (Code::Invalid, "exclude" | "include") => {
            "A segment is either reached or left out, not both, and a campaign names at most 50 segments."
        }
        (Code::Invalid, "starts_at" | "ends_at") => {
            "Give a day and a time, and an end that is not before the start, or leave the box empty."
        }
        (Code::StateRefused, "status") => {
            "The campaign cannot change to that status from where it stands now. An ended one stays ended."
        }
        _ => return None,
    })
}

/// What the boxes of legal holds say.
fn of_holds(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::NameTaken, "hold_name") => {
            "A legal hold of this name is in force already. Choose another name."
        }
        (Code::Invalid, "hold_name") => "Type a name of 1 to 120 characters, on one line.",
        // Of several forms: each keeps its reason, with a length of its own.
        (Code::Invalid, "reason") => "Give a reason, in a sentence.",
        (Code::Invalid, "people") => "Give 1 to 10,000 identities, one on a line.",
        (Code::NobodyKnown, "people") => {
            "Some of these identities name nobody who is known here. Nobody was put under hold."
        }
        (Code::Invalid, "rule") => "Type the rule that says who is held.",
        _ => return None,
    })
}

/// What the boxes of the notifications say.
fn of_notifications(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "address") => {
            "Type one e-mail address, such as ada@example.org, or leave the box empty."
        }
        (Code::Invalid, "smtp_host") => "Type the mail server's name, such as mail.example.org.",
        (Code::Invalid, "smtp_port") => "Type the mail server's port, such as 587.",
        (Code::Invalid, "smtp_user") => {
            "A password only travels over TLS. Choose TLS, or leave the user name empty."
        }
        (Code::Invalid, "smtp_from") => "Type the sender's address, such as lethe@example.org.",
        (Code::Invalid, "webhook_secret") => {
            "A signing secret has at least 32 characters. Keep the one that the page made, or type a longer one."
        }
        (Code::Invalid, "webhook_url") => {
            "Type an address that begins with https:// or http://, without a user name or password in it."
        }
        _ => return None,
    })
}

/// What the boxes of the list of suppressions say.
fn of_suppressions(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "asked" | "identity") => {
            "Type a whole user id, e-mail address, phone number or anonymous id."
        }
        (Code::Invalid, "term") => {
            "Type a whole number of days from 1 to 3,650, or leave the box empty for good."
        }
        (Code::Invalid, "lift_reason") => "Say why, in 1 to 500 characters on one line.",
        (Code::Invalid, "suppress") => "Choose what is refused if these people come back.",
        _ => return None,
    })
}

/// What the boxes of privacy requests say.
fn of_privacy(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "identities") => {
            "Type at least one identity of the person: a user id, e-mail address, phone number or anonymous id."
        }
        (Code::Invalid, "received_at") => "Choose the day on which the request arrived, not after today.",
        (Code::Invalid, "verified_how") => {
            "Write in a sentence how it was made sure who asks, at most 1,000 characters."
        }
        (Code::Invalid, "by") => "Choose one of the extensions that the regulation allows.",
        (Code::Invalid, "basis") => "Choose a ground on which such a request can be refused.",
        (Code::Invalid, "url") => {
            "Type an address that begins with https:// or http://, without a user name or password in it."
        }
        (Code::Invalid, "secret") => "The secret has at least 32 characters.",
        (Code::StateRefused, "request") => {
            "The request is not in a state that allows this. Look at how it stands now."
        }
        (Code::SeveralKnown, "identities") => {
            "One of these identities names several people, each in another way. Enter the request anew with one that names only the person who asks."
        }
        _ => return None,
    })
}
