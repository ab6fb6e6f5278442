//! The design system's building blocks. They know nothing of ours: no segment, no job, no person.

pub mod banner;
pub mod bars;
pub mod card;
pub mod chart;
pub mod empty;
pub mod field;
pub mod icon;
pub mod page_top;
pub mod select;
pub mod tabs;
pub mod text_area;

pub use banner::{Banner, Tone};
pub use bars::{Bar, Bars};
pub use card::Card;
pub use chart::{Drawing, Legend, Line, Mark, Plot, round_top};
pub use empty::Empty;
pub use field::{Check, TextField};
pub use icon::{Glyph, Icon, Logo};
pub use page_top::PageTop;
pub use select::SelectField;
pub use tabs::{Tab, Tabs};
pub use text_area::TextArea;
