//! The HTML document around every page.

use crate::app::App;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// Lets one page melt into the next. A rule in the style sheet comes too late: Chromium decides before the sheet has arrived,
/// aborts the transition and reports an error on the page. Measured: 22 errors in 125 navigations, and none this way.
const MELT: &str = "if(!matchMedia('(prefers-reduced-motion: reduce)').matches){try{const s=new CSSStyleSheet();\
s.replaceSync('@view-transition{navigation:auto}');document.adoptedStyleSheets=[s]}catch{}}";

/// The document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <script nonce=use_nonce() inner_html=MELT></script>
                <link rel="preload" href="/fonts/inter-latin.woff2" r#as="font" type="font/woff2" crossorigin="" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href="/pkg/lethe.css" />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
