//! Arms of campaigns on the wire: percentages are JSON numbers with at most two decimals.

use domain::{
    campaign::{self, ArmFigure},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// An arm of an A/B test: people whose stored bucket lies in the range, the same as `bucket(FROM, TO)` in a rule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    /// Its name, of its own within the campaign.
    pub(crate) name: String,
    /// First percentage, 0 to 100, two decimals at most.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    pub(crate) from: Number,
    /// The percentage that ends it, exclusive. Ranges of a campaign do not overlap.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    pub(crate) to: Number,
}

impl Arm {
    /// As the service takes it.
    pub(super) fn read(self) -> Result<campaign::Arm, Problem> {
        campaign::Arm::read(&self.name, &self.from.to_string(), &self.to.to_string())
    }
}

/// Reads the arms of a campaign.
pub(super) fn read(arms: Vec<Arm>) -> Result<Vec<campaign::Arm>, Problem> {
    arms.into_iter().map(Arm::read).collect()
}

/// An arm with how many people it reaches.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CountedArm {
    /// Its name.
    pub(crate) name: String,
    /// First percentage.
    #[schema(value_type = f64)]
    pub(crate) from: Number,
    /// The percentage that ends it, exclusive.
    #[schema(value_type = f64)]
    pub(crate) to: Number,
    /// How many people are eligible for the campaign and in the arm now.
    pub(crate) eligible: i64,
}

impl From<ArmFigure> for CountedArm {
    fn from(it: ArmFigure) -> Self {
        Self {
            from: number(&it.arm.from_percent()),
            to: number(&it.arm.upto_percent()),
            name: it.arm.name,
            eligible: it.eligible,
        }
    }
}

/// A printed percentage as a JSON number.
fn number(percent: &str) -> Number {
    let whole = percent.parse::<i64>().ok().map(Number::from);
    let part = || percent.parse().ok().and_then(Number::from_f64);
    whole.or_else(part).unwrap_or_else(|| Number::from(0))
}
