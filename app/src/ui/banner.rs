//! A banner: one finding, its consequence, and at most one action.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// What a banner or badge says by its colour, and by its words as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Worth knowing.
    Info,
    /// Something went well.
    Ok,
    /// Look here first.
    Warn,
    /// Something is wrong.
    Bad,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Info => "banner info",
            Self::Ok => "banner ok",
            Self::Warn => "banner warn",
            Self::Bad => "banner bad",
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::Info => Glyph::Info,
            Self::Ok => Glyph::Done,
            Self::Warn | Self::Bad => Glyph::Warn,
        }
    }
}

/// A banner.
#[component]
pub fn Banner(
    /// Its colour and icon.
    tone: Tone,
    /// What it says first.
    #[prop(into)]
    title: String,
    /// How assistive technology is to treat it: `status`, `alert`.
    #[prop(optional)]
    role: Option<&'static str>,
    /// The one action, at the far end.
    #[prop(optional, into)]
    act: Option<ViewFn>,
    /// The rest.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class=tone.class() role=role>
            <Icon glyph=tone.glyph() />
            <div>
                <h2>{title}</h2>
                {children.map(|children| children())}
            </div>
            {act.map(|act| view! { <div class="acts">{act.run()}</div> })}
        </section>
    }
    .into_any()
}
