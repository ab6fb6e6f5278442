//! Icons: one path each, drawn in the colour of the text around them; and the mark.

use leptos::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// A house.
    Home,
    /// Two people.
    People,
    /// A cut circle.
    Pie,
    /// A horn.
    Horn,
    /// A bin.
    Bin,
    /// A door.
    Leave,
    /// An i in a circle.
    Info,
    /// An exclamation mark in a triangle.
    Warn,
    /// A tick in a circle.
    Done,
    /// A clock.
    Clock,
    /// A magnifying glass.
    Search,
    /// A lock.
    Lock,
    /// A bell.
    Bell,
    /// A gear.
    Gear,
    /// Two arrows in a circle.
    Again,
    /// Columns on an axis.
    Chart,
    /// A drum of a database.
    Drum,
    /// A shield.
    Shield,
    /// A circle that is struck through.
    Barred,
    /// Three dots.
    Dots,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Home => "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
            Self::People => {
                "M12.5 8a3.5 3.5 0 1 1-7 0a3.5 3.5 0 0 1 7 0M2.500 20c.6-3.600 3.200-5.500 6.500-5.500s5.900 1.900 6.500 5.500\
                 M16 4.500a3.500 3.500 0 0 1 0 7M18 15c2 .8 3.200 2.500 3.500 5"
            }
            Self::Pie => "M20.500 12a8.500 8.500 0 1 1-17 0a8.500 8.500 0 0 1 17 0M12 3.500V12l6.500 5.500",
            Self::Horn => "M4 10v4a1 1 0 0 0 1 1h3l7 4V5L8 9H5a1 1 0 0 0-1 1zM18.500 9.500a4 4 0 0 1 0 5",
            Self::Bin => "M5 7h14M9 7V4.500h6V7M7 7l.8 12.500h8.400L17 7M10.500 11v5M13.500 11v5",
            Self::Leave => "M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4M14.500 8l4 4-4 4M18 12H9.500",
            Self::Info => "M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0M12 11v5.500M12 7.600v.2",
            Self::Warn => "M12 4l9 16H3zM12 10v4.500M12 17.300v.2",
            Self::Done => "M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0M8 12.300l2.800 2.700L16 9.500",
            Self::Clock => "M20.500 12a8.500 8.500 0 1 1-17 0a8.500 8.500 0 0 1 17 0M12 7.500V12l3 2",
            Self::Search => "M17 10.500a6.500 6.500 0 1 1-13 0a6.500 6.500 0 0 1 13 0M15.300 15.300L20 20",
            Self::Barred => "M20.500 12a8.500 8.500 0 1 1-17 0a8.500 8.500 0 0 1 17 0M6 6l12 12",
            Self::Dots => "M5.500 12h.01M12 12h.01M18.500 12h.01",
            Self::Chart => "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
            Self::Drum => {
                "M19.500 5.500c0 1.500-3.400 2.800-7.500 2.800s-7.500-1.300-7.500-2.800s3.400-2.800 7.500-2.800s7.500 1.300 7.500 2.800\
                 M4.500 5.500v13c0 1.500 3.400 2.800 7.500 2.800s7.500-1.300 7.500-2.800v-13M4.500 12c0 1.500 3.400 2.800 7.500 2.800s7.500-1.300 7.500-2.800"
            }
            Self::Shield => {
                "M12 3.500l7.500 2.800v5.200c0 4.600-3.100 7.700-7.500 9.200c-4.400-1.500-7.500-4.600-7.500-9.200V6.300zM8.800 12l2.300 2.300l4.200-4.500"
            }
            Self::Lock => "M6 11h12v8.500H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 14.500v2",
            Self::Bell => {
                "M6.500 16.500V11a5.500 5.500 0 0 1 11 0v5.500l1.500 1.500H5zM10.300 20.500a2 2 0 0 0 3.400 0"
            }
            Self::Gear => {
                "M15 12a3 3 0 1 1-6 0a3 3 0 0 1 6 0M12 3.500v2.500M12 18v2.500M3.500 12H6M18 12h2.500M6 6l1.800 1.800M16.200 16.200L18 18\
                 M18 6l-1.800 1.800M7.800 16.200L6 18"
            }
            Self::Again => {
                "M20 11.500a8 8 0 0 0-14.300-4L4 9.500M4 5v4.500h4.500M4 12.500a8 8 0 0 0 14.300 4l1.700-2M20 19v-4.500h-4.500"
            }
        }
    }
}

/// An icon beside words that say the same: hidden from screen readers.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg
            viewBox="0 0 24 24"
            width="18"
            height="18"
            fill="none"
            stroke="currentColor"
            stroke-width="1.8"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=glyph.path()></path>
        </svg>
    }
    .into_any()
}

/// The mark: three waves of the river, each fainter than the one above.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg
            viewBox="0 0 24 24"
            width="24"
            height="24"
            fill="none"
            stroke="currentColor"
            stroke-width="2.2"
            stroke-linecap="round"
            aria-hidden="true"
        >
            <path d="M3 8c3-3 6-3 9 0s6 3 9 0"></path>
            <path d="M3 13c3-3 6-3 9 0s6 3 9 0" opacity=".65"></path>
            <path d="M3 18c3-3 6-3 9 0s6 3 9 0" opacity=".3"></path>
        </svg>
    }
    .into_any()
}
