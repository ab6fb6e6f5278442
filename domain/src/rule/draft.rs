//! A rule as rows and groups of rows: what a builder edits.
//!
//! A row holds plain words as people type them, and may be unfinished, so nothing is checked here. What rows mean is what
//! their text means: [`Group::write`] writes it, the parser judges it, the canonical printer has the last word. A condition that
//! rows cannot show stays as its text, in a row of its own. Knows no page and no browser.

mod plain;
mod read;
mod write;

use super::literal::Type;
pub use plain::plain_value;
pub use read::{ROWS_MAX, rows_of};
pub use write::Written;

/// Rows and groups, and how they are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many of the parts must hold.
    pub mode: Mode,
    /// The parts, in order.
    pub parts: Vec<Node>,
}

/// A part of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A group within the group.
    Group(Group),
    /// One condition.
    Row(Row),
}

/// One condition in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whether the condition is turned round.
    pub negated: bool,
    /// What is asked about.
    pub subject: Subject,
    /// The attribute, the kind of event, the segment, or the text of a condition that rows cannot show.
    pub name: String,
    /// What is asked.
    pub asked: Asked,
    /// With which value; of a list all values, commas between.
    pub value: String,
    /// The second value of `between`.
    pub other: String,
    /// What must hold of each event.
    pub filters: Vec<FilterRow>,
    /// When the events happened.
    pub span: Span,
    /// The first moment of the time, or the number of days.
    pub from: String,
    /// The moment that ends the time.
    pub to: String,
}

/// What must hold of an event, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterRow {
    /// Of which property.
    pub property: String,
    /// What is asked.
    pub asked: Asked,
    /// With which value.
    pub value: String,
    /// The second value of `between`.
    pub other: String,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $case:ident = $word:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$each])* $case,)* }

        impl $name {
            /// Every one, in the order in which they are offered.
            pub const ALL: &'static [$name] = &[$($name::$case,)*];

            /// The word that stands for it: in the language where it has one, else by itself.
            pub const fn word(self) -> &'static str { match self { $($name::$case => $word,)* } }

            /// Reads the word.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.word() == word)
            }
        }
    )*};
}

words! {
    /// How many parts of a group must hold.
    Mode {
        /// All of them.
        All = "all";
        /// At least one.
        Any = "any";
        /// None.
        NoneOf = "none";
        /// Not all of them.
        NotAll = "not all";
    }
    /// What a row asks about.
    Subject {
        /// A field of the profile.
        UserId = "user_id";
        /// A field of the profile.
        Email = "email";
        /// A field of the profile.
        Phone = "phone";
        /// A field of the profile.
        Anonymous = "anonymous";
        /// A field of the profile.
        FirstSeen = "first_seen";
        /// A field of the profile.
        LastSeen = "last_seen";
        /// A field of the profile.
        Created = "created";
        /// An attribute, by its name.
        Attribute = "attr";
        /// How many events of a kind.
        Count = "count";
        /// The sum of their values.
        SumValue = "sum.value";
        /// The sum of their quantities.
        SumQuantity = "sum.quantity";
        /// When the first was.
        First = "first";
        /// When the last was.
        Last = "last";
        /// Membership of another segment.
        Segment = "in segment";
        /// A stable share of people.
        Bucket = "bucket";
        /// A condition that rows cannot show: its text.
        Text = "text";
    }
    /// What is asked of a subject.
    Asked {
        /// Equal.
        Eq = "=";
        /// Set and not equal.
        Ne = "!=";
        /// Text within text.
        Contains = "contains";
        /// Text at the start.
        StartsWith = "starts_with";
        /// Text at the end.
        EndsWith = "ends_with";
        /// Earlier.
        Before = "before";
        /// Later.
        After = "after";
        /// Less.
        Lt = "<";
        /// Less or equal.
        Le = "<=";
        /// More.
        Gt = ">";
        /// More or equal.
        Ge = ">=";
        /// Between two, both included.
        Between = "between";
        /// One of a list.
        In = "in";
        /// Set and none of a list.
        NotIn = "not in";
        /// Set.
        IsSet = "is set";
        /// Missing.
        IsNotSet = "is not set";
    }
    /// When the events of a row happened.
    Span {
        /// Whenever.
        Ever = "ever";
        /// In the last days.
        LastDays = "last";
        /// From a moment on, before another one.
        Between = "between";
    }
}

impl Subject {
    /// Whether it is a figure over events.
    pub const fn of_events(self) -> bool {
        matches!(
            self,
            Self::Count | Self::SumValue | Self::SumQuantity | Self::First | Self::Last
        )
    }

    /// Whether a name belongs to it.
    pub const fn named(self) -> bool {
        self.of_events() || matches!(self, Self::Attribute | Self::Segment)
    }

    /// What can be asked of it; nothing where it says everything by itself.
    pub const fn asks(self) -> &'static [Asked] {
        match self.type_of() {
            Some(of) => asks(of),
            None => &[],
        }
    }

    const fn type_of(self) -> Option<Type> {
        Some(match self {
            Self::UserId | Self::Email | Self::Phone => Type::Text,
            Self::Anonymous => Type::Bool,
            Self::FirstSeen | Self::LastSeen | Self::Created => Type::Time,
            Self::Attribute => Type::Any,
            Self::Count | Self::SumValue | Self::SumQuantity => Type::Figure,
            Self::First | Self::Last => Type::Moment,
            Self::Segment | Self::Bucket | Self::Text => return None,
        })
    }

    /// Whether its values are times.
    pub const fn timely(self) -> bool {
        matches!(self.type_of(), Some(Type::Time | Type::Moment))
    }
}

/// What a type takes, as the parser has it, in the order in which people want it.
const fn asks(of: Type) -> &'static [Asked] {
    use Asked::{
        After, Before, Between, Contains, EndsWith, Eq, Ge, Gt, In, IsNotSet, IsSet, Le, Lt, Ne, NotIn,
        StartsWith,
    };
    match of {
        Type::Any => Asked::ALL,
        Type::Text => &[
            Eq, Ne, Contains, StartsWith, EndsWith, In, NotIn, IsSet, IsNotSet, Lt, Le, Gt, Ge, Between,
        ],
        Type::Number => &[Eq, Ne, Lt, Le, Gt, Ge, Between, In, NotIn, IsSet, IsNotSet],
        Type::Bool => &[Eq, Ne, In, NotIn, IsSet, IsNotSet],
        Type::Time => &[Before, After, Le, Ge, Between, Eq, Ne, In, NotIn, IsSet, IsNotSet],
        Type::Figure => &[Eq, Ne, Lt, Le, Gt, Ge, Between],
        Type::Moment => &[Before, After, Le, Ge, Between, Eq, Ne, IsSet, IsNotSet],
    }
}

impl Asked {
    /// How many values belong to it; a list counts as one.
    pub const fn values(self) -> usize {
        match self {
            Self::IsSet | Self::IsNotSet => 0,
            Self::Between => 2,
            _ => 1,
        }
    }

    /// Whether its value is a list.
    pub const fn lists(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

impl Row {
    /// An unfinished row about a subject, with the first thing that can be asked of it.
    pub fn about(subject: Subject) -> Self {
        Self {
            negated: false,
            subject,
            name: String::new(),
            asked: subject.asks().first().copied().unwrap_or(Asked::Eq),
            value: String::new(),
            other: String::new(),
            filters: Vec::new(),
            span: Span::Ever,
            from: String::new(),
            to: String::new(),
        }
    }

    /// Whether a box that belongs to it is empty.
    pub fn unfinished(&self) -> bool {
        let empty = |text: &str| text.trim().is_empty();
        let values = match self.subject {
            Subject::Bucket => 2,
            subject if subject.asks().is_empty() => 0,
            _ => self.asked.values(),
        };
        let moments = match self.span {
            Span::Ever => 0,
            Span::LastDays => 1,
            Span::Between => 2,
        };
        (self.subject.named() && empty(&self.name))
            || (values > 0 && empty(&self.value))
            || (values > 1 && empty(&self.other))
            || (moments > 0 && empty(&self.from))
            || (moments > 1 && empty(&self.to))
            || self.filters.iter().any(FilterRow::unfinished)
    }

    /// The same row about another subject: what still fits is kept.
    pub fn turn_to(&mut self, subject: Subject) {
        let fresh = Self::about(subject);
        let same_kind = self.subject.of_events() && subject.of_events();
        if !same_kind {
            self.name = String::new();
            self.filters = Vec::new();
            self.span = Span::Ever;
        }
        if self.subject.type_of() != subject.type_of() {
            (self.value, self.other) = (fresh.value, fresh.other);
        }
        if !subject.asks().contains(&self.asked) {
            self.asked = fresh.asked;
        }
        self.subject = subject;
    }
}

impl FilterRow {
    /// An unfinished one.
    pub fn new() -> Self {
        Self {
            property: String::new(),
            asked: Asked::Eq,
            value: String::new(),
            other: String::new(),
        }
    }

    /// Whether a box that belongs to it is empty.
    pub fn unfinished(&self) -> bool {
        let empty = |text: &str| text.trim().is_empty();
        let values = self.asked.values();
        empty(&self.property) || (values > 0 && empty(&self.value)) || (values > 1 && empty(&self.other))
    }

    /// What can be asked of its property.
    pub fn asks(&self) -> &'static [Asked] {
        asks(property_type(&self.property))
    }
}

impl Default for FilterRow {
    fn default() -> Self {
        Self::new()
    }
}

/// The type of an event's property, as the parser has it.
fn property_type(property: &str) -> Type {
    match property {
        "campaign_id" => Type::Text,
        "value" | "quantity" => Type::Number,
        _ => Type::Any,
    }
}

impl Group {
    /// Nothing yet: everyone.
    pub fn empty() -> Self {
        Self {
            mode: Mode::All,
            parts: Vec::new(),
        }
    }

    /// The part at a place: numbers from 0, points between, from the outside in.
    pub fn find(&mut self, place: &str) -> Option<&mut Node> {
        let (first, rest) = place.split_once('.').map_or((place, None), |(a, b)| (a, Some(b)));
        let node = self.parts.get_mut(first.parse::<usize>().ok()?)?;
        match (rest, node) {
            (None, node) => Some(node),
            (Some(rest), Node::Group(group)) => group.find(rest),
            (Some(_), Node::Row(_)) => None,
        }
    }

    /// The group at a place; the outermost one at the empty place.
    pub fn find_group(&mut self, place: &str) -> Option<&mut Group> {
        if place.is_empty() {
            return Some(self);
        }
        match self.find(place) {
            Some(Node::Group(group)) => Some(group),
            _ => None,
        }
    }

    /// The row at a place.
    pub fn find_row(&mut self, place: &str) -> Option<&mut Row> {
        match self.find(place) {
            Some(Node::Row(row)) => Some(row),
            _ => None,
        }
    }

    /// Takes the part at a place away.
    pub fn remove(&mut self, place: &str) {
        let (parent, last) = place.rsplit_once('.').unwrap_or(("", place));
        let Ok(at) = last.parse::<usize>() else { return };
        if let Some(group) = self.find_group(parent)
            && at < group.parts.len()
        {
            group.parts.remove(at);
        }
    }
}
