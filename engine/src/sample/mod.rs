//! The data of `lethe demo`.

/// What sample data to make.
#[derive(Debug, Clone, Copy, Default)]
pub struct SampleSpec {
    /// Made-up profiles on top of the real sample.
    pub extra_profiles: u64,
}
