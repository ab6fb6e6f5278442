//! The real part of the sample: every purchase of 23,570 customers of an online music shop in 1997 and 1998, as it comes
//! with the program (engine/data/LICENSE-cdnow).

use crate::error::{Error, Result};
use domain::{micros::Micros, time::Timestamp};
use flate2::read::GzDecoder;
use std::io::Read as _;

const PACKED: &[u8] = include_bytes!("../../data/cdnow_purchases.csv.gz");

/// A purchase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purchase {
    pub(super) at: i64,
    pub(super) quantity: i64,
    pub(super) value: i64,
}

/// A customer with every purchase.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) user_id: String,
    /// From 1, without gaps.
    pub(super) number: u64,
    pub(super) purchases: Vec<Purchase>,
}

/// All customers, in the order of their numbers.
pub(super) fn read() -> Result<Vec<Customer>> {
    let mut text = String::new();
    GzDecoder::new(PACKED)
        .read_to_string(&mut text)
        .map_err(Error::io("unpacking the sample"))?;
    let mut customers: Vec<Customer> = Vec::new();
    for line in text.lines().skip(1) {
        let (user_id, purchase) = parse(line)
            .ok_or_else(|| Error::Corrupt("the sample inside this program is damaged".to_owned()))?;
        match customers.last_mut() {
            Some(customer) if customer.user_id == user_id => customer.purchases.push(purchase),
            _ => {
                let number = customers.len() as u64 + 1;
                customers.push(Customer {
                    user_id: user_id.to_owned(),
                    number,
                    purchases: vec![purchase],
                });
            }
        }
    }
    Ok(customers)
}

fn parse(line: &str) -> Option<(&str, Purchase)> {
    let mut cells = line.split(',');
    let user_id = cells.next()?;
    let _event = cells.next()?;
    let at = Timestamp::parse_import(cells.next()?)?.ms();
    let quantity = Micros::parse(cells.next()?).ok()?.micros();
    let value = Micros::parse(cells.next()?).ok()?.micros();
    Some((user_id, Purchase { at, quantity, value }))
}

impl Customer {
    /// The time of the first purchase.
    pub(super) fn first(&self) -> i64 {
        self.purchases
            .iter()
            .map(|purchase| purchase.at)
            .min()
            .unwrap_or_default()
    }

    /// The time of the last purchase.
    pub(super) fn last(&self) -> i64 {
        self.purchases
            .iter()
            .map(|purchase| purchase.at)
            .max()
            .unwrap_or_default()
    }

    /// What all purchases came to.
    pub(super) fn spent(&self) -> i64 {
        self.purchases.iter().map(|purchase| purchase.value).sum()
    }

    /// How many purchases lie in a time, without its end.
    pub(super) fn bought_between(&self, from: i64, end: i64) -> usize {
        self.purchases
            .iter()
            .filter(|purchase| (from..end).contains(&purchase.at))
            .count()
    }
}
