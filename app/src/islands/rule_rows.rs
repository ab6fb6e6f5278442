//! The rows of a rule as boxes, drawn into the page by the browser alone: without it there is the text.
//!
//! Every box carries its place (`data-at`) and what it says (`data-do`), which `rule_act` takes; one set of listeners on the whole
//! serves them all. Boxes have no names, so that they are never part of the form.

use domain::membership::RuleWords;
use domain::rule::draft::{Asked, FilterRow, Group, Mode, Node, Row, Span, Subject};
use leptos::{prelude::document, web_sys::Element};

/// Times that people ask for.
const TIMES: [&str; 5] = [
    "30 days ago",
    "90 days ago",
    "180 days ago",
    "1 year ago",
    "2 years ago",
];

/// What is drawn of.
pub(super) struct Drawing<'a> {
    /// The names that the data has.
    pub(super) words: &'a RuleWords,
}

/// An element with attributes and what is in it.
fn element(tag: &str, attributes: &[(&str, &str)], inside: &[Element]) -> Option<Element> {
    let made = document().create_element(tag).ok()?;
    for (name, value) in attributes {
        let _ = made.set_attribute(name, value);
    }
    for child in inside {
        let _ = made.append_child(child);
    }
    Some(made)
}

fn worded(tag: &str, attributes: &[(&str, &str)], text: &str) -> Option<Element> {
    let made = element(tag, attributes, &[])?;
    made.set_text_content(Some(text));
    Some(made)
}

/// Gathers what could be made.
fn all(made: impl IntoIterator<Item = Option<Element>>) -> Vec<Element> {
    made.into_iter().flatten().collect()
}

fn choice(at: &str, act: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Option<Element> {
    let options = options.iter().map(|(word, title)| {
        let mut attributes = vec![("value", *word)];
        if *word == chosen {
            attributes.push(("selected", ""));
        }
        worded("option", &attributes, title)
    });
    let attributes = [("data-at", at), ("data-do", act), ("aria-label", label)];
    element("select", &attributes, &all(options))
}

/// A box; `list`: the list of words that it offers.
fn typed(at: &str, act: &str, label: &str, value: &str, list: &str, placeholder: &str) -> Option<Element> {
    let mut attributes = vec![
        ("type", "text"),
        ("data-at", at),
        ("data-do", act),
        ("aria-label", label),
        ("value", value),
        ("placeholder", placeholder),
        ("autocomplete", "off"),
        ("spellcheck", "false"),
    ];
    if !list.is_empty() {
        attributes.push(("list", list));
    }
    element("input", &attributes, &[])
}

fn button(at: &str, act: &str, class: &str, text: &str, label: &str) -> Option<Element> {
    let attributes = [
        ("type", "button"),
        ("class", class),
        ("data-at", at),
        ("data-do", act),
        ("aria-label", label),
    ];
    worded("button", &attributes, text)
}

/// `0.1` as people count: `1.2`.
fn number(place: &str) -> String {
    let one_more = |part: &str| part.parse::<usize>().map_or(0, |n| n + 1).to_string();
    place.split('.').map(one_more).collect::<Vec<_>>().join(".")
}

impl Drawing<'_> {
    /// The whole: the outermost group, and the lists of words.
    pub(super) fn draw(&self, rows: &Group) -> Vec<Element> {
        let list = |id: &str, words: &[String]| {
            let options = words
                .iter()
                .map(|word| element("option", &[("value", word)], &[]));
            element("datalist", &[("id", id)], &all(options))
        };
        let times = TIMES.map(str::to_owned);
        all([
            worded("p", &[("class", "label"), ("aria-hidden", "true")], "Conditions"),
            self.group(rows, ""),
            list("words-attributes", &self.words.attributes),
            list("words-kinds", &self.words.kinds),
            list("words-properties", &self.words.properties),
            list("words-campaigns", &self.words.campaigns),
            list("words-times", &times),
            list("words-values", &[]),
        ])
    }

    fn group(&self, group: &Group, at: &str) -> Option<Element> {
        let no = number(at);
        let (label, which) = if at.is_empty() {
            ("Conditions".to_owned(), "all conditions".to_owned())
        } else {
            (format!("Group {no}"), format!("group {no}"))
        };
        let head = group_head(group, at, &which);
        let inner = group.parts.iter().enumerate().map(|(i, part)| {
            let place = if at.is_empty() {
                i.to_string()
            } else {
                format!("{at}.{i}")
            };
            match part {
                Node::Group(group) => self.group(group, &place),
                Node::Row(row) => self.row(row, &place),
            }
        });
        let parts = all(inner);
        let empty = parts.is_empty().then(|| {
            let text = if at.is_empty() {
                "No condition yet: everyone would be in this segment."
            } else {
                "No condition in this group yet."
            };
            worded("p", &[("class", "hint")], text)
        });
        let foot = group_foot(at, &which);
        let inside = all([
            element("div", &[("class", "mode")], &head),
            element("div", &[("class", "parts")], &parts),
            empty.flatten(),
            element("div", &[("class", "acts")], &foot),
        ]);
        element(
            "div",
            &[
                ("role", "group"),
                ("aria-label", &label),
                ("class", "cond-group"),
                ("data-place", at),
            ],
            &inside,
        )
    }

    fn row(&self, row: &Row, at: &str) -> Option<Element> {
        let no = number(at);
        let of = |what: &str| format!("{what} of condition {no}");
        let mut boxes = Vec::new();
        if row.subject == Subject::Text {
            boxes.push(worded(
                "span",
                &[("class", "hint")],
                "Rows cannot show this condition; it stays as text:",
            ));
            boxes.push(worded("code", &[], &row.name));
        } else {
            boxes.push(choice(at, "subject", &of("Field"), &SUBJECTS, row.subject.word()));
            boxes.push(self.named(row, at, &of));
            boxes.extend(asked(row, at, &of).into_iter().map(Some));
        }
        let mut not = vec![("type", "checkbox"), ("data-at", at), ("data-do", "not")];
        if row.negated {
            not.push(("checked", ""));
        }
        let not = all([element("input", &not, &[]), worded("span", &[], "not")]);
        let label = of("Negation");
        boxes.push(element(
            "label",
            &[("class", "check not"), ("title", &label)],
            &not,
        ));
        boxes.push(button(
            at,
            "remove",
            "btn quiet small",
            "Remove",
            &format!("Remove condition {no}"),
        ));
        let mut inside = all([element("div", &[("class", "boxes")], &all(boxes))]);
        if row.subject.of_events() {
            inside.extend(events(row, at, &of));
        }
        element(
            "div",
            &[
                ("role", "group"),
                ("aria-label", &format!("Condition {no}")),
                ("class", "cond"),
                ("data-place", at),
            ],
            &inside,
        )
    }

    /// The box of the attribute, the kind of event or the segment.
    fn named(&self, row: &Row, at: &str, of: &dyn Fn(&str) -> String) -> Option<Element> {
        match row.subject {
            Subject::Attribute => typed(
                at,
                "name",
                &of("Attribute"),
                &row.name,
                "words-attributes",
                "Attribute",
            ),
            Subject::Segment => {
                let mut options = vec![("", "Choose…")];
                options.extend(
                    self.words
                        .segments
                        .iter()
                        .map(|name| (name.as_str(), name.as_str())),
                );
                if !row.name.is_empty() && !self.words.segments.contains(&row.name) {
                    options.push((&row.name, &row.name));
                }
                choice(at, "name", &of("Segment"), &options, &row.name)
            }
            subject if subject.of_events() => typed(
                at,
                "name",
                &of("Kind of event"),
                &row.name,
                "words-kinds",
                "Kind of event",
            ),
            _ => None,
        }
    }
}

/// How many of a group's parts must hold, and the way to take the group away.
fn group_head(group: &Group, at: &str, which: &str) -> Vec<Element> {
    let modes = Mode::ALL
        .iter()
        .map(|mode| (mode.word(), mode_title(*mode)))
        .collect::<Vec<_>>();
    let label = format!("How many of {which} must hold");
    let remove = format!("Remove {which}");
    let gone = || button(at, "remove", "btn quiet small", "Remove group", &remove);
    all([
        choice(at, "mode", &label, &modes, group.mode.word()),
        (!at.is_empty()).then(gone).flatten(),
    ])
}

/// The ways to put something into a group.
fn group_foot(at: &str, which: &str) -> Vec<Element> {
    let one = |act: &str, text: &str| button(at, act, "btn small", text, &format!("{text} to {which}"));
    all([one("add", "Add condition"), one("add-group", "Add group")])
}

/// What is asked of a row's subject, and the boxes of its values.
fn asked(row: &Row, at: &str, of: &dyn Fn(&str) -> String) -> Vec<Element> {
    if row.subject == Subject::Bucket {
        return all([
            worded("span", &[], "from"),
            typed(at, "value", &of("First percent"), &row.value, "", "0"),
            worded("span", &[], "to below"),
            typed(at, "other", &of("Last percent"), &row.other, "", "50"),
            worded("span", &[], "% of people"),
        ]);
    }
    let asks = row.subject.asks();
    if asks.is_empty() {
        return Vec::new();
    }
    let timely = row.subject.timely();
    let list = match row.subject {
        Subject::Attribute => "words-values",
        _ if timely => "words-times",
        _ => "",
    };
    let placeholder = match (row.asked.lists(), timely) {
        (true, _) => "Values, commas between",
        (_, true) => "2017-10-01 or 180 days ago",
        _ => "Value",
    };
    let options = asks
        .iter()
        .map(|asked| (asked.word(), title(*asked, timely)))
        .collect::<Vec<_>>();
    let mut boxes = vec![choice(at, "asked", &of("Operator"), &options, row.asked.word())];
    if row.subject == Subject::Anonymous && row.asked.values() == 1 && !row.asked.lists() {
        let flags = [("", "Choose…"), ("true", "true"), ("false", "false")];
        boxes.push(choice(at, "value", &of("Value"), &flags, &row.value));
        return all(boxes);
    }
    if row.asked.values() > 0 {
        boxes.push(typed(at, "value", &of("Value"), &row.value, list, placeholder));
    }
    if row.asked.values() > 1 {
        boxes.push(worded("span", &[], "and"));
        boxes.push(typed(
            at,
            "other",
            &of("Second value"),
            &row.other,
            list,
            placeholder,
        ));
    }
    all(boxes)
}

/// Which events a figure is over: what must hold of each, and when they happened.
fn events(row: &Row, at: &str, of: &dyn Fn(&str) -> String) -> Vec<Element> {
    let filters = row
        .filters
        .iter()
        .enumerate()
        .map(|(i, filter)| filter_row(filter, i, at, of));
    let spans = [
        ("ever", "ever"),
        ("last", "in the last days"),
        ("between", "between two dates"),
    ];
    let mut when = vec![
        worded("span", &[], "Happened"),
        choice(at, "span", &of("Time"), &spans, row.span.word()),
    ];
    match row.span {
        Span::Ever => {}
        Span::LastDays => {
            when.push(typed(at, "from", &of("Number of days"), &row.from, "", "30"));
            when.push(worded("span", &[], "days"));
        }
        Span::Between => {
            when.push(typed(
                at,
                "from",
                &of("Start"),
                &row.from,
                "words-times",
                "2017-01-01",
            ));
            when.push(worded("span", &[], "and before"));
            when.push(typed(at, "to", &of("End"), &row.to, "words-times", "2018-01-01"));
        }
    }
    when.push(button(
        at,
        "add-where",
        "btn quiet small",
        "Add where",
        &of("Add where"),
    ));
    let mut made = all(filters);
    made.extend(element("div", &[("class", "boxes of-events")], &all(when)));
    made
}

fn filter_row(filter: &FilterRow, i: usize, at: &str, of: &dyn Fn(&str) -> String) -> Option<Element> {
    let act = |what: &str| format!("where.{i}.{what}");
    let nth = |what: &str| of(&format!("{what} {}", i + 1));
    let options = filter
        .asks()
        .iter()
        .map(|asked| (asked.word(), title(*asked, false)))
        .collect::<Vec<_>>();
    let list = if filter.property == "campaign_id" {
        "words-campaigns"
    } else {
        "words-values"
    };
    let mut boxes = vec![
        worded("span", &[], if i == 0 { "where" } else { "and" }),
        typed(
            at,
            &act("property"),
            &nth("Property"),
            &filter.property,
            "words-properties",
            "Property",
        ),
        choice(
            at,
            &act("asked"),
            &nth("Operator of property"),
            &options,
            filter.asked.word(),
        ),
    ];
    if filter.asked.values() > 0 {
        boxes.push(typed(
            at,
            &act("value"),
            &nth("Value of property"),
            &filter.value,
            list,
            "Value",
        ));
    }
    if filter.asked.values() > 1 {
        boxes.push(worded("span", &[], "and"));
        boxes.push(typed(
            at,
            &act("other"),
            &nth("Second value of property"),
            &filter.other,
            list,
            "Value",
        ));
    }
    boxes.push(button(
        at,
        &act("remove"),
        "btn quiet small",
        "Remove",
        &nth("Remove property"),
    ));
    element("div", &[("class", "boxes of-events")], &all(boxes))
}

/// What a row can ask about, by the language's word.
const SUBJECTS: [(&str, &str); 15] = [
    (Subject::Attribute.word(), "Attribute"),
    (Subject::UserId.word(), "User id"),
    (Subject::Email.word(), "E-mail"),
    (Subject::Phone.word(), "Phone"),
    (Subject::Anonymous.word(), "Has only anonymous ids"),
    (Subject::FirstSeen.word(), "First seen"),
    (Subject::LastSeen.word(), "Last seen"),
    (Subject::Created.word(), "Created"),
    (Subject::Count.word(), "Number of events"),
    (Subject::SumValue.word(), "Sum of values"),
    (Subject::SumQuantity.word(), "Sum of quantities"),
    (Subject::First.word(), "First event"),
    (Subject::Last.word(), "Last event"),
    (Subject::Segment.word(), "In segment"),
    (Subject::Bucket.word(), "Share of people"),
];

const fn mode_title(mode: Mode) -> &'static str {
    match mode {
        Mode::All => "All of these hold",
        Mode::Any => "At least one of these holds",
        Mode::NoneOf => "None of these holds",
        Mode::NotAll => "Not all of these hold",
    }
}

const fn title(asked: Asked, timely: bool) -> &'static str {
    match asked {
        Asked::Eq => "is",
        Asked::Ne => "is set and not",
        Asked::Contains => "contains",
        Asked::StartsWith => "begins with",
        Asked::EndsWith => "ends with",
        Asked::Before => "is before",
        Asked::After => "is after",
        Asked::Lt => "is less than",
        Asked::Le if timely => "is not after",
        Asked::Le => "is at most",
        Asked::Gt => "is more than",
        Asked::Ge if timely => "is not before",
        Asked::Ge => "is at least",
        Asked::Between => "is between",
        Asked::In => "is one of",
        Asked::NotIn => "is set and none of",
        Asked::IsSet => "is set",
        Asked::IsNotSet => "is not set",
    }
}
