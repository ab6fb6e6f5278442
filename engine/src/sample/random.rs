//! Random numbers that are the same on every machine and in every version: the sample must not change with a crate.

/// A generator with its seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator of one thing, such as customer 17: what is drawn for another does not move it.
    pub(crate) fn of(what: u64, number: u64) -> Self {
        let mut random = Self(what.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ number);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to and without `end`, which is above 0.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        let end = end.max(1).unsigned_abs();
        // Below an i64, so it fits.
        i64::try_from(self.next() % end).unwrap_or(0)
    }

    /// True in `percent` of all cases.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.below(i64::try_from(from.len()).unwrap_or(1))).unwrap_or(0);
        from.get(at).copied().unwrap_or_default()
    }

    /// Hexadecimal digits.
    pub(crate) fn hex(&mut self) -> String {
        format!("{:016x}", self.next())
    }
}
