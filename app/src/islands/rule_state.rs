//! A rule while it is worked on: its text, its rows, and what is known about who matches. The text is what is posted; rows follow it,
//! and it follows them.

use super::{PreviewView, rule_act::act, wait};
use crate::api::{flat, segments::look_at_rule};
use domain::rule::{
    RuleError,
    draft::{Group, Node, rows_of},
    parse_as_written,
};
use leptos::prelude::*;

/// Milliseconds without a key before the server is asked.
const REST_MS: u32 = 400;

/// The rule; a cheap handle.
#[derive(Clone, Copy)]
pub(super) struct RuleState {
    /// The dataset.
    pub(super) ds: StoredValue<String>,
    /// The text.
    pub(super) text: StoredValue<String>,
    /// The rows; `None`: the text cannot be shown in rows.
    pub(super) rows: StoredValue<Option<Group>>,
    /// The row that the mistake is in, and what is wrong.
    pub(super) wrong: StoredValue<Option<(String, String)>>,
    /// Why there are no rows.
    pub(super) why: StoredValue<&'static str>,
    /// Grows whenever the rows must be drawn anew.
    pub(super) drawn: RwSignal<u32>,
    /// Grows whenever the mistake may be another one.
    pub(super) marked: RwSignal<u32>,
    /// What is known about who matches.
    pub(super) found: RwSignal<Option<PreviewView>>,
    /// Whether the server is being asked.
    pub(super) asking: RwSignal<bool>,
    /// Grows with every change, so that only the latest answer counts.
    turn: StoredValue<u32>,
}

impl RuleState {
    pub(super) fn new(ds: String, text: String, found: Option<PreviewView>) -> Self {
        Self {
            ds: StoredValue::new(ds),
            text: StoredValue::new(text),
            rows: StoredValue::new(None),
            wrong: StoredValue::new(None),
            why: StoredValue::new(""),
            drawn: RwSignal::new(0),
            marked: RwSignal::new(0),
            found: RwSignal::new(found),
            asking: RwSignal::new(false),
            turn: StoredValue::new(0),
        }
    }

    /// Takes a text and makes its rows. `new`: it was typed, so who matches is counted.
    pub(super) fn take_text(self, text: String, new: bool) {
        let read = parse_as_written(&text);
        self.wrong.set_value(None);
        match &read {
            Ok(rule) => {
                let rows = rows_of(rule);
                if rows.is_none() {
                    self.why.set_value(
                        "This rule has more conditions than rows can show well. It stays as text.",
                    );
                }
                self.rows.set_value(rows);
            }
            Err(_) => {
                self.rows.set_value(None);
                self.why
                    .set_value("The rows come back when the text can be read.");
            }
        }
        self.drawn.update(|drawn| *drawn = drawn.wrapping_add(1));
        if new {
            self.judge(&text, read.map(|_| ()), None);
        }
        self.text.set_value(text);
    }

    /// Does what a box of the rows says. Gives the new text.
    pub(super) fn take_act(self, at: &str, what: &str, value: &str) -> Option<String> {
        let mut other_boxes = false;
        let (text, read, wrong) = self.rows.try_update_value(|rows| {
            let rows = rows.as_mut()?;
            other_boxes = act(rows, at, what, value);
            let written = rows.write();
            let read = parse_as_written(&written.text);
            let wrong = read.as_ref().err().map(|error| {
                let place = written.part_at(error.position).unwrap_or_default().to_owned();
                let why = why_not(rows, &place, error);
                (place, why)
            });
            let text = read.as_ref().map_or(written.text, ToString::to_string);
            Some((text, read, wrong))
        })??;
        self.judge(
            &text,
            read.map(|_| ()),
            wrong.as_ref().map(|(_, why)| why.clone()),
        );
        self.wrong.set_value(wrong);
        self.text.set_value(text.clone());
        // What is wrong is marked by itself: boxes that are drawn anew would lose the cursor of who types in them.
        self.marked.update(|marked| *marked = marked.wrapping_add(1));
        if other_boxes {
            self.drawn.update(|drawn| *drawn = drawn.wrapping_add(1));
        }
        Some(text)
    }

    /// Says at once what is wrong, or has counted who matches.
    fn judge(self, text: &str, read: Result<(), RuleError>, why: Option<String>) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        match read {
            Err(error) => self.found.set(Some(PreviewView {
                good: false,
                text: why.unwrap_or_else(|| error.sentence()),
                excerpt: Some(error.excerpt(text)),
            })),
            Ok(()) => {
                // The number that is there belongs to another rule.
                self.found.set(None);
                self.count();
            }
        }
    }

    /// Asks the server once nothing has changed for a moment. One question at a time: a slow answer holds up no typing, and those
    /// that nobody waits for any more are not asked.
    fn count(self) {
        let mine = self.turn.get_value();
        leptos::task::spawn_local(async move {
            wait(REST_MS).await;
            if self.turn.get_value() != mine || self.asking.get_untracked() {
                return;
            }
            self.asking.set(true);
            loop {
                let asked = self.turn.get_value();
                let (ds, text) = (self.ds.get_value(), self.text.get_value());
                let answer = flat(look_at_rule(ds, text).await);
                if self.turn.get_value() == asked {
                    self.found.set(Some(answer.unwrap_or_else(|problem| PreviewView {
                        good: false,
                        text: format!("Who matches could not be counted. {}", problem.message),
                        excerpt: None,
                    })));
                    break;
                }
                wait(REST_MS).await;
                if self.text.with_value(|text| parse_as_written(text).is_err()) {
                    break;
                }
            }
            self.asking.set(false);
        });
    }
}

/// What is wrong with the part at a place: where boxes are empty, that says more than what the parser met instead.
fn why_not(rows: &mut Group, place: &str, error: &RuleError) -> String {
    match rows.find(place) {
        Some(Node::Row(row)) if row.unfinished() => {
            "This condition is not finished: a box is empty.".to_owned()
        }
        Some(Node::Group(group)) if group.parts.is_empty() => "This group has no condition yet.".to_owned(),
        _ => error.sentence(),
    }
}
