//! What a box of the rows says, done to the rows. Knows places and words, no browser.

use domain::rule::draft::{Asked, FilterRow, Group, Mode, Node, Row, Span, Subject};

/// Does what the box at a place says. Gives whether other boxes are needed than before.
pub(super) fn act(rows: &mut Group, at: &str, what: &str, value: &str) -> bool {
    match what {
        "add" | "add-group" | "mode" => in_group(rows.find_group(at), what, value),
        "remove" => {
            rows.remove(at);
            true
        }
        _ => match rows.find_row(at) {
            Some(row) => in_row(row, what, value),
            None => false,
        },
    }
}

fn in_group(group: Option<&mut Group>, what: &str, value: &str) -> bool {
    let Some(group) = group else { return false };
    match what {
        "add" => group.parts.push(Node::Row(Row::about(Subject::Attribute))),
        "add-group" => {
            let mode = if group.mode == Mode::All {
                Mode::Any
            } else {
                Mode::All
            };
            let parts = vec![Node::Row(Row::about(Subject::Attribute))];
            group.parts.push(Node::Group(Group { mode, parts }));
        }
        _ => {
            if let Some(mode) = Mode::of(value) {
                group.mode = mode;
            }
            return false;
        }
    }
    true
}

fn in_row(row: &mut Row, what: &str, value: &str) -> bool {
    match what {
        "not" => row.negated = !value.is_empty(),
        "name" => value.clone_into(&mut row.name),
        "value" => value.clone_into(&mut row.value),
        "other" => value.clone_into(&mut row.other),
        "from" => value.clone_into(&mut row.from),
        "to" => value.clone_into(&mut row.to),
        "subject" => {
            if let Some(subject) = Subject::of(value) {
                row.turn_to(subject);
            }
            return true;
        }
        "asked" => {
            if let Some(asked) = Asked::of(value) {
                row.asked = asked;
            }
            return true;
        }
        "span" => {
            if let Some(span) = Span::of(value) {
                (row.span, row.from, row.to) = (span, String::new(), String::new());
            }
            return true;
        }
        "add-where" => {
            row.filters.push(FilterRow::new());
            return true;
        }
        other => return in_filter(row, other, value),
    }
    false
}

/// `where.0.value`.
fn in_filter(row: &mut Row, what: &str, value: &str) -> bool {
    let mut words = what.split('.').skip(1);
    let (at, what) = (words.next().and_then(|at| at.parse::<usize>().ok()), words.next());
    let (Some(at), Some(what)) = (at, what) else {
        return false;
    };
    if what == "remove" && at < row.filters.len() {
        row.filters.remove(at);
        return true;
    }
    let Some(filter) = row.filters.get_mut(at) else {
        return false;
    };
    match what {
        "property" => {
            let before = filter.asks();
            value.clone_into(&mut filter.property);
            let after = filter.asks();
            if !after.contains(&filter.asked) {
                filter.asked = Asked::Eq;
            }
            return before != after;
        }
        "value" => value.clone_into(&mut filter.value),
        "other" => value.clone_into(&mut filter.other),
        "asked" => {
            if let Some(asked) = Asked::of(value) {
                filter.asked = asked;
            }
            return true;
        }
        _ => {}
    }
    false
}
