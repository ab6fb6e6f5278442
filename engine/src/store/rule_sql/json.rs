//! Tests of attributes and properties: values of any type within a JSON document, coded as `domain::value` says. A value
//! is compared only once its type is known to be the literal's.

use domain::rule::{Literal, Op, Test};

use super::RuleSql;
use super::condition::{Left, Scalar};

/// Where a value lies: the column, the path of the value, and that of the time in it, should it be one. Names hold
/// neither quotes nor backslashes, so a name cannot leave its quotes; paths are bound all the same.
struct Place {
    document: &'static str,
    path: String,
    time_path: String,
}

impl RuleSql<'_, '_> {
    /// Appends the test of the value called `name` in the document.
    pub(super) fn json(&mut self, document: &'static str, name: &str, test: &Test) {
        let path = format!("$.\"{name}\"");
        let place = Place {
            document,
            time_path: format!("{path}.t"),
            path,
        };
        match test {
            Test::IsSet { negated } => {
                self.json_type(&place);
                self.sql(if *negated { " IS NULL" } else { " IS NOT NULL" });
            }
            Test::Compare { op: Op::Ne, value } => {
                self.comparable_but_not(&place, std::slice::from_ref(value))
            }
            Test::In {
                negated: true,
                values,
            } => self.comparable_but_not(&place, values),
            Test::In {
                negated: false,
                values,
            } => self.one_of(&place, values),
            Test::Compare { value, .. } => self.of_type(&place, value, test),
            Test::Between { from, .. } => self.of_type(&place, from, test),
        }
    }

    fn json_type(&mut self, place: &Place) {
        self.sql("json_type(");
        self.sql(place.document);
        self.sql(", ");
        self.bind_text(&place.path);
        self.sql(")");
    }

    /// There, of a type that can be compared, and none of the values.
    fn comparable_but_not(&mut self, place: &Place, values: &[Literal]) {
        self.sql("(");
        self.json_type(place);
        self.sql(" IN ('text', 'integer', 'real', 'true', 'false') OR json_type(");
        self.sql(place.document);
        self.sql(", ");
        self.bind_text(&place.time_path);
        self.sql(") = 'integer') AND (");
        self.one_of(place, values);
        self.sql(") IS NOT TRUE");
    }

    /// Equal to one of the values; each type of them is asked for by itself.
    fn one_of(&mut self, place: &Place, values: &[Literal]) {
        let mut types: Vec<&Literal> = Vec::new();
        for value in values {
            let known = types
                .iter()
                .any(|t| std::mem::discriminant(*t) == std::mem::discriminant(value));
            if !known {
                types.push(value);
            }
        }
        let test = Test::In {
            negated: false,
            values: values.to_vec(),
        };
        for (i, of) in types.into_iter().enumerate() {
            if i > 0 {
                self.sql(" OR ");
            }
            self.of_type(place, of, &test);
        }
    }

    /// The value has the type of the literal and passes the test.
    fn of_type(&mut self, place: &Place, literal: &Literal, test: &Test) {
        let (guard, path, of) = match literal {
            Literal::Text(_) => (Some(" = 'text' AND "), &place.path, Scalar::Text),
            Literal::Number(_) => (Some(" IN ('integer', 'real') AND "), &place.path, Scalar::Number),
            Literal::Time(_) => (None, &place.time_path, Scalar::Time),
            Literal::Bool(_) => return self.flag(place, test),
        };
        self.sql("(");
        if let Some(guard) = guard {
            self.json_type(place);
            self.sql(guard);
        }
        self.test(
            &Left::Extract {
                document: place.document,
                path,
                of,
            },
            test,
        );
        self.sql(")");
    }

    /// True and false are types of their own in JSON.
    fn flag(&mut self, place: &Place, test: &Test) {
        let passes = |flag: bool| match test {
            Test::Compare { op: Op::Eq, value } => *value == Literal::Bool(flag),
            Test::In { values, .. } => values.contains(&Literal::Bool(flag)),
            _ => false,
        };
        let types = match (passes(true), passes(false)) {
            (true, true) => " IN ('true', 'false')",
            (true, false) => " = 'true'",
            (false, true) => " = 'false'",
            (false, false) => return self.sql("0"),
        };
        self.json_type(place);
        self.sql(types);
    }
}
