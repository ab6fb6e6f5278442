//! Made-up names, towns and other attributes. Nobody real: addresses are under example.com, telephone numbers within the
//! ranges that are kept for fiction.

use super::random::Random;
use domain::{
    profile::IdentityKind,
    value::{Number, Value},
};
use std::sync::Arc;

const FIRST: [&str; 48] = [
    "Ada", "Alan", "Amara", "Anton", "Beatriz", "Boris", "Carla", "Chen", "Clara", "Dario", "Dina", "Edgar",
    "Elif", "Emil", "Esther", "Farid", "Fiona", "Gina", "Hanna", "Henri", "Ines", "Ivan", "Jana", "Jonas",
    "Kavya", "Kofi", "Lars", "Leila", "Lucia", "Mara", "Mateo", "Mina", "Nadia", "Noah", "Olga", "Omar",
    "Paula", "Pavel", "Quinn", "Rosa", "Samir", "Selma", "Tariq", "Tess", "Uma", "Viktor", "Wanda", "Yuki",
];
const LAST: [&str; 48] = [
    "Abel", "Adler", "Almeida", "Baker", "Bauer", "Berg", "Blanc", "Castro", "Chandra", "Cruz", "Dahl",
    "Diaz", "Dunn", "Eklund", "Farkas", "Fischer", "Fuentes", "Garcia", "Gruber", "Haas", "Hansen", "Ito",
    "Jansen", "Kaya", "Keller", "Kim", "Koch", "Lang", "Lind", "Lopez", "Marino", "Meyer", "Moreau", "Nagy",
    "Nguyen", "Novak", "Okafor", "Olsen", "Park", "Patel", "Rossi", "Roux", "Sato", "Silva", "Stone",
    "Vogel", "Weiss", "Young",
];
const TOWNS: [(&str, &str); 20] = [
    ("Austin", "US"),
    ("Boston", "US"),
    ("Chicago", "US"),
    ("Denver", "US"),
    ("Seattle", "US"),
    ("Portland", "US"),
    ("Toronto", "CA"),
    ("Montreal", "CA"),
    ("London", "GB"),
    ("Leeds", "GB"),
    ("Dublin", "IE"),
    ("Berlin", "DE"),
    ("Hamburg", "DE"),
    ("Zurich", "CH"),
    ("Paris", "FR"),
    ("Lyon", "FR"),
    ("Madrid", "ES"),
    ("Milan", "IT"),
    ("Oslo", "NO"),
    ("Sydney", "AU"),
];
const INCOMES: [&str; 5] = ["Under 15K", "15-24K", "25-49K", "50-99K", "100K and over"];
const PLANS: [&str; 4] = ["free", "free", "basic", "plus"];
const SOURCES: [&str; 4] = ["web", "store", "friend", "radio"];

/// A made-up person.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) identities: Vec<(IdentityKind, String)>,
    pub(super) attributes: Vec<(Arc<str>, Value)>,
}

/// Names of attributes, shared by all rows.
#[derive(Debug)]
pub(super) struct Names {
    first: Arc<str>,
    last: Arc<str>,
    city: Arc<str>,
    country: Arc<str>,
    income: Arc<str>,
    plan: Arc<str>,
    source: Arc<str>,
    newsletter: Arc<str>,
    born: Arc<str>,
}

impl Names {
    pub(super) fn new() -> Self {
        let name = |name: &str| Arc::from(name);
        Self {
            first: name("first_name"),
            last: name("last_name"),
            city: name("city"),
            country: name("country"),
            income: name("income"),
            plan: name("plan"),
            source: name("source"),
            newsletter: name("newsletter"),
            born: name("birth_year"),
        }
    }

    /// A person with a name: user_id, e-mail, sometimes a telephone.
    pub(super) fn named(
        &self,
        user_id: String,
        number: u64,
        newsletter: bool,
        random: &mut Random,
    ) -> Person {
        let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
        let email = format!(
            "{}.{}.{number}@example.com",
            first.to_lowercase(),
            last.to_lowercase()
        );
        let mut identities = vec![(IdentityKind::UserId, user_id), (IdentityKind::Email, email)];
        if number.is_multiple_of(5) && number < 300_000 {
            // 555-0100 to 555-0199 of every area code belong to nobody.
            identities.push((
                IdentityKind::Phone,
                format!("+1{}55501{:02}", 201 + number / 500, number / 5 % 100),
            ));
        }
        let mut attributes = vec![
            (Arc::clone(&self.first), text(first)),
            (Arc::clone(&self.last), text(last)),
        ];
        attributes.extend(self.common(random));
        attributes.push((Arc::clone(&self.income), text(random.pick(&INCOMES))));
        attributes.push((Arc::clone(&self.plan), text(random.pick(&PLANS))));
        attributes.push((Arc::clone(&self.newsletter), Value::Bool(newsletter)));
        if random.chance(60) {
            attributes.extend(
                Number::from_i64(1930 + random.below(52))
                    .map(|year| (Arc::clone(&self.born), Value::Number(year))),
            );
        }
        Person {
            identities,
            attributes,
        }
    }

    /// Somebody of whom only a browser is known.
    pub(super) fn anonymous(&self, random: &mut Random) -> Person {
        let identities = vec![(IdentityKind::AnonymousId, format!("anon-{}", random.hex()))];
        Person {
            identities,
            attributes: self.common(random),
        }
    }

    fn common(&self, random: &mut Random) -> Vec<(Arc<str>, Value)> {
        let (city, country) = random.pick(&TOWNS);
        let source = random.pick(&SOURCES);
        vec![
            (Arc::clone(&self.city), text(city)),
            (Arc::clone(&self.country), text(country)),
            (Arc::clone(&self.source), text(source)),
        ]
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
