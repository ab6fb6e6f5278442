//! The SQL of a single condition. It may come out NULL where a value is missing; the caller makes that false.

use domain::profile::IdentityKind;
use domain::rule::{
    Aggregate, AggregateKind, Condition, Field, Filter, Literal, Measure, Op, Property, Test, Window,
};
use domain::value::Number;

use super::RuleSql;

/// What stands on the left of a test, and how its literals are written.
pub(super) enum Left<'a> {
    /// A column or expression of texts.
    Text(&'static str),
    /// A column of UTC milliseconds.
    Time(&'static str),
    /// A column of millionths.
    Micros(&'static str),
    /// A value within a JSON document, which holds literals of any type.
    Json { document: &'static str, name: &'a str },
    /// The text or number in a JSON document, once its type is known.
    Extract {
        document: &'static str,
        path: &'a str,
        of: Scalar,
    },
    /// `first(…)`, `last(…)`, `count(…)`.
    Figure(&'a Aggregate, Scalar),
    /// `sum(…)`, in two halves.
    Sum(&'a Aggregate, Measure),
}

/// The types that SQL compares by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Time,
    /// A decimal: INTEGER or REAL.
    Number,
    /// Millionths: INTEGER.
    Micros,
    /// Millionths in two halves of 32 bits: a row value.
    Halves,
}

/// A literal as SQL compares with it.
enum Bound<'a> {
    Text(&'a str),
    Int(i64),
    Decimal(Number),
    /// Millionths beyond 64 bits.
    Beyond(i128),
    Halves(i128),
}

/// How a literal relates to the values it is compared with.
enum Fit<'a> {
    /// It is one of them.
    Exact(Bound<'a>),
    /// It has more places than they: the greatest of them below it.
    Below(Bound<'a>),
    /// It is of another type.
    Never,
}

impl Left<'_> {
    fn scalar(&self) -> Scalar {
        match self {
            Left::Text(_) => Scalar::Text,
            Left::Time(_) => Scalar::Time,
            Left::Micros(_) => Scalar::Micros,
            Left::Json { .. } => Scalar::Text,
            Left::Extract { of, .. } | Left::Figure(_, of) => *of,
            Left::Sum(..) => Scalar::Halves,
        }
    }
}

impl RuleSql<'_, '_> {
    /// Appends the condition. Segments are not written here.
    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Field { field, test } => self.field(field, test),
            Condition::Aggregate { aggregate, test } => {
                let left = match aggregate.kind {
                    AggregateKind::Count => Left::Figure(aggregate, Scalar::Number),
                    AggregateKind::Sum(measure) => Left::Sum(aggregate, measure),
                    AggregateKind::First | AggregateKind::Last => Left::Figure(aggregate, Scalar::Time),
                };
                match (&left, test) {
                    // A sum is never missing, and a row value cannot be asked.
                    (Left::Sum(..), Test::IsSet { negated }) => self.sql(if *negated { "0" } else { "1" }),
                    _ => self.test(&left, test),
                }
            }
            Condition::Bucket { from, to } => {
                self.sql("p.bucket >= ");
                self.bind_int(i64::from(*from));
                self.sql(" AND p.bucket < ");
                self.bind_int(i64::from(*to));
            }
            Condition::InSegment(_) => self.sql("0"),
        }
    }

    fn field(&mut self, field: &Field, test: &Test) {
        match field {
            Field::UserId => self.identity(IdentityKind::UserId, test),
            Field::Email => self.identity(IdentityKind::Email, test),
            Field::Phone => self.identity(IdentityKind::Phone, test),
            Field::Anonymous => self.anonymous(test),
            Field::FirstSeen => self.test(&Left::Time("p.first_seen_at"), test),
            Field::LastSeen => self.test(&Left::Time("p.last_seen_at"), test),
            Field::Created => self.test(&Left::Time("p.created_at"), test),
            Field::Attribute(name) => self.test(
                &Left::Json {
                    document: "p.attributes",
                    name,
                },
                test,
            ),
        }
    }

    /// There is at most one of each kind, so "some value satisfies it" is "the value satisfies it".
    fn identity(&mut self, kind: IdentityKind, test: &Test) {
        let missing = matches!(test, Test::IsSet { negated: true });
        self.sql(if missing { "NOT EXISTS (" } else { "EXISTS (" });
        self.sql("SELECT 1 FROM identities i WHERE i.profile_id = p.id AND i.kind = ");
        self.bind_int(kind.number());
        if !matches!(test, Test::IsSet { .. }) {
            self.sql(" AND ");
            self.test(&Left::Text("i.value"), test);
        }
        self.sql(")");
    }

    /// True or false, never missing: the test is settled for either, and at most the question remains which it is.
    fn anonymous(&mut self, test: &Test) {
        let passes = |flag: bool| match test {
            Test::Compare { op: Op::Eq, value } => *value == Literal::Bool(flag),
            Test::Compare { op: Op::Ne, value } => *value != Literal::Bool(flag),
            Test::In { negated, values } => values.contains(&Literal::Bool(flag)) != *negated,
            Test::IsSet { negated } => !negated,
            Test::Compare { .. } | Test::Between { .. } => false,
        };
        match (passes(true), passes(false)) {
            (true, true) => return self.sql("1"),
            (false, false) => return self.sql("0"),
            (true, false) => self.sql("NOT "),
            (false, true) => {}
        }
        self.sql("EXISTS (SELECT 1 FROM identities i WHERE i.profile_id = p.id AND i.kind IN (1, 2, 3))");
    }

    /// Appends the test of a value on the left.
    pub(super) fn test(&mut self, left: &Left<'_>, test: &Test) {
        if let Left::Json { document, name } = left {
            return self.json(document, name, test);
        }
        match test {
            Test::IsSet { negated } => {
                self.left(left);
                self.sql(if *negated { " IS NULL" } else { " IS NOT NULL" });
            }
            Test::Compare { op, value } => self.compare(left, *op, value),
            Test::Between { from, to } => self.between(left, from, to),
            Test::In { negated, values } => self.list(left, *negated, values),
        }
    }

    fn compare(&mut self, left: &Left<'_>, op: Op, literal: &Literal) {
        if let Literal::Text(text) = literal
            && matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith)
        {
            return self.part(left, op, text);
        }
        let (fit, bound) = match self.fit(left.scalar(), literal) {
            Fit::Exact(bound) => (true, bound),
            Fit::Below(bound) => (false, bound),
            Fit::Never => return self.unequal(left, op == Op::Ne),
        };
        // Below a literal that lies between two values is: up to the lower of the two.
        let sign = match (op, fit) {
            (Op::Eq, true) => " = ",
            (Op::Ne, true) => " <> ",
            (Op::Eq | Op::Ne, false) => return self.unequal(left, op == Op::Ne),
            (Op::Lt, true) => " < ",
            (Op::Lt, false) | (Op::Le, _) => " <= ",
            (Op::Ge, true) => " >= ",
            (Op::Ge, false) | (Op::Gt, _) => " > ",
            (Op::Contains | Op::StartsWith | Op::EndsWith, _) => return self.sql("0"),
        };
        self.left(left);
        self.sql(sign);
        self.bound(&bound);
    }

    fn between(&mut self, left: &Left<'_>, from: &Literal, to: &Literal) {
        let scalar = left.scalar();
        // The usual case asks for a figure once only.
        if let (Fit::Exact(from), Fit::Exact(to)) = (self.fit(scalar, from), self.fit(scalar, to)) {
            self.left(left);
            self.sql(" BETWEEN ");
            self.bound(&from);
            self.sql(" AND ");
            return self.bound(&to);
        }
        self.sql("(");
        self.compare(left, Op::Ge, from);
        self.sql(" AND ");
        self.compare(left, Op::Le, to);
        self.sql(")");
    }

    /// Against what it can never equal, a value satisfies `!=` and `not in` by being there.
    fn unequal(&mut self, left: &Left<'_>, negated: bool) {
        match (negated, left) {
            (false, _) => self.sql("0"),
            (true, Left::Sum(..)) => self.sql("1"),
            (true, _) => {
                self.left(left);
                self.sql(" IS NOT NULL");
            }
        }
    }

    /// By bytes, and safe for texts that contain NUL, which `substr` of a text is not.
    fn part(&mut self, left: &Left<'_>, op: Op, text: &str) {
        if left.scalar() != Scalar::Text {
            return self.sql("0");
        }
        let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
        if op == Op::Contains {
            self.sql("instr(");
            self.left(left);
            self.sql(", ");
            self.bind_text(text);
            return self.sql(") > 0");
        }
        self.sql("substr(CAST(");
        self.left(left);
        self.sql(if op == Op::StartsWith {
            " AS BLOB), 1, "
        } else {
            " AS BLOB), -"
        });
        self.bind_int(bytes);
        self.sql(") = ");
        self.bind_bytes(text.as_bytes());
    }

    fn list(&mut self, left: &Left<'_>, negated: bool, values: &[Literal]) {
        let scalar = left.scalar();
        let fits: Vec<Bound<'_>> = values
            .iter()
            .filter_map(|value| match self.fit(scalar, value) {
                Fit::Exact(bound) => Some(bound),
                Fit::Below(_) | Fit::Never => None,
            })
            .collect();
        if fits.is_empty() {
            return self.unequal(left, negated);
        }
        self.left(left);
        self.sql(if negated { " NOT IN (" } else { " IN (" });
        if scalar == Scalar::Halves {
            self.sql("VALUES ");
        }
        for (i, bound) in fits.iter().enumerate() {
            if i > 0 {
                self.sql(", ");
            }
            self.bound(bound);
        }
        self.sql(")");
    }

    /// How the literal compares with values of this type.
    fn fit<'a>(&self, scalar: Scalar, literal: &'a Literal) -> Fit<'a> {
        match (scalar, literal) {
            (Scalar::Text, Literal::Text(text)) => Fit::Exact(Bound::Text(text)),
            (Scalar::Time, Literal::Time(moment)) => Fit::Exact(Bound::Int(moment.at(self.scope.now).ms())),
            (Scalar::Number, Literal::Number(number)) => Fit::Exact(Bound::Decimal(*number)),
            (Scalar::Micros | Scalar::Halves, Literal::Number(number)) => {
                let (floor, exact) = number.floor_micros();
                let bound = match i64::try_from(floor) {
                    _ if scalar == Scalar::Halves => Bound::Halves(floor),
                    Ok(floor) => Bound::Int(floor),
                    Err(_) => Bound::Beyond(floor),
                };
                if exact {
                    Fit::Exact(bound)
                } else {
                    Fit::Below(bound)
                }
            }
            _ => Fit::Never,
        }
    }

    fn bound(&mut self, bound: &Bound<'_>) {
        match bound {
            Bound::Text(text) => self.bind_text(text),
            Bound::Int(int) => self.bind_int(*int),
            Bound::Decimal(number) => match number.as_integer() {
                Some(whole) => self.bind_int(whole),
                None => self.real(&number.to_string()),
            },
            // With at most 15 digits it is never so near the end of 64 bits that a double could not tell.
            Bound::Beyond(micros) => self.real(&micros.to_string()),
            Bound::Halves(micros) => {
                // Fits: literals end below 10^21, and the upper half of that is below 2^38.
                let upper = i64::try_from(micros >> 32).unwrap_or(i64::MAX);
                self.sql("(");
                self.bind_int(upper);
                self.sql(", ");
                self.bind_int(i64::try_from(micros & 0xffff_ffff).unwrap_or(0));
                self.sql(")");
            }
        }
    }

    /// A decimal as SQLite itself reads it.
    fn real(&mut self, decimal: &str) {
        self.sql("CAST(");
        self.bind_text(decimal);
        self.sql(" AS REAL)");
    }

    fn left(&mut self, left: &Left<'_>) {
        match left {
            Left::Text(sql) | Left::Time(sql) | Left::Micros(sql) => self.sql(sql),
            Left::Json { .. } => self.sql("NULL"),
            Left::Extract { document, path, .. } => {
                self.sql("json_extract(");
                self.sql(document);
                self.sql(", ");
                self.bind_text(path);
                self.sql(")");
            }
            Left::Figure(aggregate, _) => {
                self.sql(match aggregate.kind {
                    AggregateKind::First => "(SELECT min(e.at)",
                    AggregateKind::Last => "(SELECT max(e.at)",
                    AggregateKind::Count | AggregateKind::Sum(_) => "(SELECT count(*)",
                });
                self.events(aggregate);
            }
            Left::Sum(aggregate, measure) => {
                self.sql(match measure {
                    Measure::Value => {
                        "(SELECT coalesce(sum(e.value_micros >> 32), 0) \
                         + (coalesce(sum(e.value_micros & 4294967295), 0) >> 32), \
                         coalesce(sum(e.value_micros & 4294967295), 0) & 4294967295"
                    }
                    Measure::Quantity => {
                        "(SELECT coalesce(sum(e.quantity_micros >> 32), 0) \
                         + (coalesce(sum(e.quantity_micros & 4294967295), 0) >> 32), \
                         coalesce(sum(e.quantity_micros & 4294967295), 0) & 4294967295"
                    }
                });
                self.events(aggregate);
            }
        }
    }

    /// Appends `FROM events … )`: the events that a figure counts. They lie together, in the order of their time.
    fn events(&mut self, aggregate: &Aggregate) {
        self.sql(" FROM events e WHERE e.profile_id = p.id AND e.kind_id = ");
        self.sql("(SELECT k.id FROM event_kinds k WHERE k.dataset_id = ");
        self.bind_int(self.scope.dataset_id);
        self.sql(" AND k.name = ");
        self.bind_text(&aggregate.event);
        self.sql(")");
        if let Some(window) = aggregate.window {
            self.window(window);
        }
        if !aggregate.filters.is_empty() {
            self.sql(" AND ");
            self.filters(&aggregate.filters);
        }
        self.sql(")");
    }

    /// A balanced tree, as that of rules.
    fn filters(&mut self, filters: &[Filter]) {
        if let [filter] = filters {
            return self.filter(filter);
        }
        let (left, right) = filters.split_at(filters.len() / 2);
        self.sql("(");
        self.filters(left);
        self.sql(" AND ");
        self.filters(right);
        self.sql(")");
    }

    fn window(&mut self, window: Window) {
        let (first, last) = window.bounds_ms(self.scope.now);
        self.sql(" AND e.at >= ");
        self.bind_int(first);
        self.sql(" AND e.at <= ");
        self.bind_int(last);
    }

    /// One of several ANDed conditions, never negated: NULL is as good as false here. In parentheses of its own, for a
    /// list of several types is an `OR`.
    fn filter(&mut self, filter: &Filter) {
        let left = match &filter.property {
            Property::CampaignId => Left::Text("e.campaign_id"),
            Property::Measure(Measure::Value) => Left::Micros("e.value_micros"),
            Property::Measure(Measure::Quantity) => Left::Micros("e.quantity_micros"),
            Property::Other(name) => Left::Json {
                document: "e.properties",
                name,
            },
        };
        self.sql("(");
        self.test(&left, &filter.test);
        self.sql(")");
    }
}
