//! The places of the side bar: which there are, and where each leads. On a narrow screen the first five are tabs, and the
//! others open from a button; the browser does that by itself, without our script.

use crate::{
    api::frame::Frame,
    paths,
    ui::{Glyph, Icon},
};
use leptos::prelude::*;
use std::fmt::Display;

/// The places of the side bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Privacy requests.
    Privacy,
    /// The overview.
    Overview,
    /// People.
    Profiles,
    /// Segments.
    Segments,
    /// Campaigns.
    Campaigns,
    /// Deletions.
    Deletions,
    /// Word of what one's deletions came to.
    Notices,
    /// What is set for the installation.
    Settings,
    /// Reports.
    Reports,
    /// The warehouse.
    Warehouse,
    /// Legal holds.
    Holds,
    /// Identities whose data is refused.
    Suppressions,
}

impl Place {
    /// Whether a narrow screen shows it behind the button.
    const fn further(self) -> bool {
        !matches!(
            self,
            Self::Overview | Self::Profiles | Self::Segments | Self::Campaigns | Self::Deletions
        )
    }
}

/// What the button on a narrow screen opens.
const FURTHER: &str = "further-places";

/// The places.
#[component]
pub fn Nav(
    /// Where.
    frame: Frame,
    /// The marked place.
    place: Place,
) -> impl IntoView {
    let ds = frame.ds();
    let item = |own: Place, glyph: Glyph, name: &'static str, href: String| {
        let badge = match own {
            Place::Deletions => badge(frame.unfinished, " not finished"),
            Place::Notices => badge(frame.unread, " not read"),
            _ => None,
        };
        view! { <a href=href aria-current=(own == place).then_some("page")><Icon glyph />{name}{badge}</a> }
    };
    let more = if place.further() { "more here" } else { "more" };
    view! {
        <nav class="nav" aria-label="Main">
            {item(Place::Overview, Glyph::Home, "Overview", paths::overview(ds))}
            {item(Place::Profiles, Glyph::People, "Profiles", paths::profiles(ds))}
            {item(Place::Segments, Glyph::Pie, "Segments", paths::segments(ds))}
            {item(Place::Campaigns, Glyph::Horn, "Campaigns", paths::campaigns(ds))}
            {item(Place::Deletions, Glyph::Bin, "Deletions", paths::jobs(ds))}
            <button type="button" class=more popovertarget=FURTHER>
                <Icon glyph=Glyph::Dots />
                "More"
                {badge(frame.unread, " not read")}
            </button>
            <div class="further" id=FURTHER popover="auto">
                {item(Place::Reports, Glyph::Chart, "Reports", paths::reports(ds))}
                {item(Place::Warehouse, Glyph::Drum, "Warehouse", paths::warehouse(ds))}
                {frame.may_erase.then(|| item(Place::Privacy, Glyph::Shield, "Privacy", paths::privacy(ds)))}
                {item(Place::Holds, Glyph::Lock, "Legal holds", paths::holds(ds))}
                {item(Place::Suppressions, Glyph::Barred, "Suppressions", paths::suppressions(ds))}
                {item(Place::Notices, Glyph::Bell, "Notices", paths::notices(ds))}
                {item(Place::Settings, Glyph::Gear, "Settings", paths::NOTIFICATIONS.to_owned())}
            </div>
        </nav>
    }
    .into_any()
}

/// A number beside a name, with what it counts for those who hear it; nothing where there is nothing to count.
fn badge(n: impl Display, what: &'static str) -> Option<AnyView> {
    let n = n.to_string();
    (n != "0").then(|| view! { <b>{n}<span class="unseen">{what}</span></b> }.into_any())
}
