//! What people ask before and after a deletion, answered where they ask it.

use leptos::prelude::*;

/// Common questions, closed until opened.
#[component]
pub fn Questions() -> impl IntoView {
    let all = [
        (
            "How long will it take?",
            "The page says how long before you confirm, as a range, and what that rests on: finished jobs on this server; \
             before the first one, a short trial that is taken back; else the usual 100 users a second. While the job runs it reckons anew from what it has done. A very \
             large segment is split into several jobs, none longer than the limit that is set, which is five days as a rule, and they run \
             one after another.",
        ),
        (
            "Why are some users still there?",
            "One job may leave some. It deletes exactly the people who were in the segment when you confirmed. Who no longer \
             matches at their turn is spared, who is under legal hold is kept, and who could not be deleted is tried again. Who joined \
             the segment after you confirmed is never touched. The job's page counts each of these, and offers a new job with its own \
             confirmation for what is left.",
        ),
        (
            "Why does the tab still show a number?",
            "The number on the Users tab is counted from time to time and kept with the time of counting. It can be older than the \
             deletion. If the list under the tab is empty, no users exist in the segment, whatever the number says. Refresh count \
             counts at once; logging out and in again does too.",
        ),
        (
            "What is not deleted?",
            "The copy in the data warehouse stays, and so do all-time totals of campaigns and revenue, which hold no person. A request \
             under GDPR or CCPA must remove that copy too, so a bulk deletion is no answer to it: a person \
             who asked to be erased goes from both at once by “Erase this person” on their profile, or by the look-up and \
             deletion API.",
        ),
    ];
    let items = all
        .into_iter()
        .map(|(question, answer)| view! { <details><summary>{question}</summary><p>{answer}</p></details> })
        .collect_view();
    view! {
        <section class="card questions">
            <div class="head"><h2>"Common questions"</h2></div>
            <div>{items}</div>
        </section>
    }
    .into_any()
}
