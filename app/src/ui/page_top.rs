//! The top of a page: where it stands, its name (which is also the document's title), what it is, what can be done.

use leptos::prelude::*;
use leptos_meta::Title;

/// One step of the way to a page: its name and address.
pub type Crumb = (String, String);

/// The top of a page.
#[component]
pub fn PageTop(
    /// The page's name.
    #[prop(into)]
    title: String,
    /// The pages above it.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// What stands under the name.
    #[prop(optional, into)]
    sub: Option<ViewFn>,
    /// Links and buttons at the far end.
    #[prop(optional, into)]
    acts: Option<ViewFn>,
) -> impl IntoView {
    view! {
        <Title text=title.clone() />
        <Crumbs crumbs />
        <header class="top">
            <div>
                <h1>{title}</h1>
                {sub.map(|sub| view! { <div class="sub">{sub.run()}</div> })}
            </div>
            {acts.map(|acts| view! { <div class="acts">{acts.run()}</div> })}
        </header>
    }
    .into_any()
}

/// The way to a page.
#[component]
fn Crumbs(
    /// The pages above it.
    crumbs: Vec<Crumb>,
) -> impl IntoView {
    (!crumbs.is_empty()).then(|| {
        let steps = crumbs
            .into_iter()
            .map(|(name, href)| view! { <li><a href=href>{name}</a></li> })
            .collect_view();
        view! { <nav aria-label="Breadcrumb"><ol class="crumbs">{steps}</ol></nav> }
    })
}
