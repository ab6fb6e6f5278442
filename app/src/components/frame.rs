//! The frame around every page, and the one way to make a page: load the frame and the data, then show the page or what
//! stands in its way.

use super::{
    places::{Nav, Place},
    problem_words::words,
};
use crate::{
    api::{
        Reply, flat,
        frame::{Frame, load_frame},
        set_status,
    },
    paths,
    ui::{Glyph, Icon, Logo, PageTop},
};
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Which page is asked for: its place, and what its address says.
#[derive(Debug, Clone)]
pub struct Here {
    /// The place that is marked in the side bar.
    pub place: Place,
    /// The dataset's short name; empty on `/`.
    pub ds: String,
    /// The `id` of the address.
    pub id: String,
}

impl Here {
    /// Reads the address. Call while the page's component runs, not later.
    pub fn read(place: Place) -> Self {
        let params = use_params_map().get_untracked();
        Self {
            place,
            ds: params.get("ds").unwrap_or_default(),
            id: params.get("id").unwrap_or_default(),
        }
    }
}

/// Loads the frame and the page's data, and shows the page.
pub fn page<T: Send + 'static, V: IntoView + 'static>(
    here: Here,
    load: impl Future<Output = Reply<T>> + Send + 'static,
    show: impl FnOnce(Frame, T) -> V + Send + 'static,
) -> impl IntoView {
    Suspend::new(async move {
        let around = flat(load_frame(here.ds.clone()).await);
        let inside = match &around {
            Ok(frame) => flat(load.await).map(|data| show(frame.clone(), data).into_any()),
            Err(problem) => Err(problem.clone()),
        };
        let inside = inside.unwrap_or_else(|problem| problem_panel(&problem).into_any());
        match around {
            Ok(frame) => view! { <Shell frame place=here.place>{inside}</Shell> }.into_any(),
            Err(_) => view! { <div class="login"><main id="main">{inside}</main></div> }.into_any(),
        }
    })
}

/// What stands in a page's way: said in the page's place, with the status that fits.
pub fn problem_panel(problem: &Problem) -> impl IntoView + use<> {
    set_status(problem.code.status());
    let (title, text) = words(problem);
    let glyph = if problem.code == Code::Forbidden {
        Glyph::Lock
    } else {
        Glyph::Warn
    };
    view! {
        <PageTop title />
        <section class="card">
            <div class="empty">
                <Icon glyph />
                <p>{text}</p>
                <div class="acts"><a class="btn" href="/">"Go to the overview"</a></div>
            </div>
        </section>
    }
    .into_any()
}

/// The side bar and the page beside it.
#[component]
fn Shell(
    /// Who is there, and where.
    frame: Frame,
    /// The marked place.
    place: Place,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="shell">
            <header class="side">
                <a class="brand" href=paths::overview(frame.ds())>
                    <Logo />
                    <span>"Lethe"</span>
                </a>
                <Switcher frame=frame.clone() />
                <Nav frame=frame.clone() place />
                <Who frame />
            </header>
            <main id="main" tabindex="-1">{children()}</main>
        </div>
    }
    .into_any()
}

/// The datasets.
#[component]
fn Switcher(
    /// Which there are.
    frame: Frame,
) -> impl IntoView {
    let current = frame.dataset.slug.clone();
    let only = frame.datasets.len() < 2;
    let links = frame
        .datasets
        .into_iter()
        .map(|ds| {
            let here = (ds.slug == current).then_some("true");
            view! { <a href=paths::overview(&ds.slug) aria-current=here>{ds.name}</a> }
        })
        .collect_view();
    view! {
        <details class="switch">
            <summary>
                <span><span class="unseen">"Dataset: "</span>{frame.dataset.slug}</span>
                <small>"switch"</small>
            </summary>
            <div class="options">
                {links}
                {only.then(|| view! { <p>"This is the only dataset that you may see."</p> })}
            </div>
        </details>
    }
    .into_any()
}

/// Who is logged in, and the way out.
#[component]
fn Who(
    /// Who.
    frame: Frame,
) -> impl IntoView {
    let initial = frame
        .user
        .chars()
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    view! {
        <div class="who">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <span class="name">{frame.user}<small>{frame.role}</small></span>
            <form method="post" action="/fn/log_out">
                <button class="btn quiet" title="Log out">
                    <Icon glyph=Glyph::Leave />
                    <span class="unseen">"Log out"</span>
                </button>
            </form>
        </div>
    }
    .into_any()
}
