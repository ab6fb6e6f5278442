//! The data of `lethe demo`: the real purchases of CDNOW with made-up people around them, and any number of made-up
//! profiles on top. Deterministic but for the day up to which it reaches and what is drawn at creation (buckets).
//!
//! Loading can be interrupted at any moment: how far it came stands in the transaction of every slice, and the next call
//! goes on there. What people change in a sample that is complete is kept.

mod elsewhere;
mod people;
mod purchases;
pub(crate) mod random;
mod setup;
mod story;

use crate::{
    error::{Error, Result},
    import::Feed,
    service::Engine,
    store::{
        self,
        ingest::{Key, NewEvent, Row},
    },
};
use domain::{access::Actor, id::DatasetId, problem::Code, profile::IdentityKind};
use people::{Names, Person};
use purchases::Customer;
use random::Random;
use story::Story;

/// The sample's dataset.
const SLUG: &str = "cdnow";
/// How many customers are loaded, in `settings`; `DONE` when the sample is complete.
const LOADED: &str = "sample_customers";
/// How many made-up profiles are loaded, in `settings`.
const EXTRA: &str = "sample_extra";
const DONE: &str = "done";
/// Of 23,570 customers, so many are known by a browser alone; the others have a user_id and an e-mail.
const ANONYMOUS: u64 = 1_666;
/// Customers of the real sample.
const CUSTOMERS: u64 = 23_570;
/// People who are handed over at once; each with about seven events, some 30 MB.
const WINDOW: usize = 10_000;
/// Guests in the segment that is filled by hand.
const VIP: usize = 40;

/// What sample data to make.
#[derive(Debug, Clone, Copy, Default)]
pub struct SampleSpec {
    /// Made-up profiles on top of the real sample.
    pub extra_profiles: u64,
}

impl Engine {
    /// Loads the sample into the dataset `cdnow`, or what is missing of it. A dataset of that name that is no sample is
    /// left alone. `progress` is told now and then how far it has come.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load_sample(&self, spec: SampleSpec, progress: impl Fn(&str) + Send) -> Result<()> {
        let Some((dataset, loaded)) = self.sample_begin().await? else {
            return Ok(());
        };
        if loaded.as_deref() != Some(DONE) {
            progress("Reading the purchases of 23,570 customers …");
            let customers = tokio::task::spawn_blocking(purchases::read)
                .await
                .map_err(|_| Error::Corrupt("reading the sample failed".to_owned()))??;
            let maker = Maker::new(self, dataset);
            let mut feed = Feed::open(self, dataset).await?;
            let mut at: u64 = loaded.and_then(|text| text.parse().ok()).unwrap_or(0);
            let from = usize::try_from(at).unwrap_or(usize::MAX);
            for window in customers.get(from..).unwrap_or_default().chunks(WINDOW) {
                let people = window.iter().map(|customer| maker.customer(customer)).collect();
                feed.write(people, LOADED, at).await?;
                at += window.len() as u64;
                progress(&format!("{at} of {} customers …", customers.len()));
            }
            progress("Segments and campaigns …");
            let (newsletter, vip) = members(&customers);
            setup::make(self, dataset, &newsletter, &vip, self.inner.store.clock.now()).await?;
            self.sample_note(LOADED, DONE).await?;
        }
        let from = self.sample_number(EXTRA).await?;
        if from < spec.extra_profiles {
            let maker = Maker::new(self, dataset);
            let mut feed = Feed::open(self, dataset).await?;
            let mut at = from;
            while at < spec.extra_profiles {
                let upto = (at + WINDOW as u64).min(spec.extra_profiles);
                let people = (at + 1..=upto).map(|number| maker.made_up(number)).collect();
                feed.write(people, EXTRA, at).await?;
                progress(&format!("{upto} of {} made-up profiles …", spec.extra_profiles));
                at = upto;
            }
        }
        Ok(())
    }

    /// The dataset, made where there is none, and how much of it is loaded. `None`: it is somebody's own.
    async fn sample_begin(&self) -> Result<Option<(DatasetId, Option<String>)>> {
        let actor = Actor::system();
        let mut loaded = store::settings::get(&mut *self.inner.store.read().await?, LOADED).await?;
        let dataset = match self.dataset(&actor, SLUG).await {
            Ok(_) if loaded.is_none() => return Ok(None),
            Ok(dataset) => dataset.id,
            Err(Error::Problem(problem)) if problem.code == Code::NotFound => {
                // The mark first: without it, a dataset made by a start that then was interrupted would look like
                // somebody's own.
                self.sample_note(LOADED, "0").await?;
                loaded = None;
                self.create_dataset(&actor, SLUG, Some("CDNOW")).await?.id
            }
            Err(error) => return Err(error),
        };
        Ok(Some((dataset, loaded)))
    }

    async fn sample_note(&self, name: &str, value: &str) -> Result<()> {
        let mut tx = self.inner.store.write().await?;
        store::settings::put(&mut tx, name, value).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn sample_number(&self, name: &str) -> Result<u64> {
        let text = store::settings::get(&mut *self.inner.store.read().await?, name).await?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}

/// Whether only a browser of a customer is known: evenly spread, exactly `ANONYMOUS` of all.
const fn is_anonymous(number: u64) -> bool {
    number * ANONYMOUS % CUSTOMERS < ANONYMOUS
}

/// Whether a customer is on the newsletter's list.
fn on_newsletter(number: u64) -> bool {
    !is_anonymous(number) && Random::of(2, number).chance(41)
}

/// The user_ids of the newsletter's list and of the guests.
fn members(customers: &[Customer]) -> (Vec<String>, Vec<String>) {
    let named = || customers.iter().filter(|customer| !is_anonymous(customer.number));
    let newsletter = named()
        .filter(|customer| on_newsletter(customer.number))
        .map(|customer| customer.user_id.clone())
        .collect();
    let mut best: Vec<&Customer> = named().collect();
    best.sort_by_key(|customer| (std::cmp::Reverse(customer.spent()), customer.number));
    (
        newsletter,
        best.into_iter()
            .take(VIP)
            .map(|customer| customer.user_id.clone())
            .collect(),
    )
}

/// Makes rows as an import would.
struct Maker<'a> {
    engine: &'a Engine,
    dataset: DatasetId,
    names: Names,
    story: Story,
}

impl<'a> Maker<'a> {
    fn new(engine: &'a Engine, dataset: DatasetId) -> Self {
        Self {
            engine,
            dataset,
            names: Names::new(),
            story: Story::new(engine.inner.store.clock.now().ms()),
        }
    }

    /// A customer with all that they did.
    fn customer(&self, customer: &Customer) -> Vec<Row> {
        let random = &mut Random::of(1, customer.number);
        let newsletter = on_newsletter(customer.number);
        let person = if is_anonymous(customer.number) {
            self.names.anonymous(random)
        } else {
            self.names
                .named(customer.user_id.clone(), customer.number, newsletter, random)
        };
        let events = self.story.of(customer, newsletter, random);
        self.rows(person, Some(customer.first()), events)
    }

    /// A made-up person with all that they did.
    fn made_up(&self, number: u64) -> Vec<Row> {
        let random = &mut Random::of(3, number);
        let person = self
            .names
            .named(format!("made-{number:08}"), 1_000_000 + number, false, random);
        let events = self.story.of_made_up(random);
        let created = events.iter().map(|event| event.at).min();
        self.rows(person, created, events)
    }

    fn rows(&self, person: Person, created: Option<i64>, events: Vec<NewEvent>) -> Vec<Row> {
        let key = |(kind, value): (IdentityKind, String)| {
            Key::new(&self.engine.inner.store.keys, self.dataset, kind, value)
        };
        let keys: Vec<Key> = person.identities.into_iter().map(key).collect();
        let first = keys.first().cloned();
        let mut rows = Vec::with_capacity(events.len() + 1);
        rows.push(Row {
            keys,
            attributes: person.attributes,
            created,
            ..Row::default()
        });
        rows.extend(events.into_iter().map(|event| Row {
            keys: first.iter().cloned().collect(),
            seen: Some((event.at, event.at)),
            event: Some(event),
            ..Row::default()
        }));
        rows
    }
}
