//! Which page answers at which address. Every page comes complete, so it works before WASM has loaded and without it, and
//! its status can be set while its data loads.

use crate::pages::receipt::{ReceiptPage, RequestReceiptPage};
use crate::pages::{
    campaign::CampaignPage, campaign_edit::CampaignEditPage, campaign_new::CampaignNewPage,
    campaigns::CampaignsPage, delete::DeletePage, erase::ErasePage, hold::HoldPage, hold_new::HoldNewPage,
    holds::HoldsPage, job::JobPage, job_report::JobReportPage, jobs::JobsPage, live::LivePage,
    login::LoginPage, not_found::NotFound, notices::NoticesPage, notifications::NotificationsPage,
    overview::OverviewPage, privacy::PrivacyPage, privacy_new::PrivacyNewPage,
    privacy_recipients::PrivacyRecipientsPage, privacy_request::PrivacyRequestPage, profile::ProfilePage,
    profiles::ProfilesPage, recurring::RecurringPage, recurring_list::RecurringListPage,
    recurring_new::RecurringNewPage, reports::ReportsPage, segment::SegmentPage,
    segment_edit::SegmentEditPage, segment_new::SegmentNewPage, segments::SegmentsPage,
    settings_limits::SettingsLimitsPage, suppressions::SuppressionsPage, targets::TargetsPage,
    warehouse::WarehousePage,
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/profiles") view=ProfilesPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/profiles/:id") view=ProfilePage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/erase") view=ErasePage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/segments") view=SegmentsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/segments/new") view=SegmentNewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/segments/:id") view=SegmentPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/segments/:id/edit") view=SegmentEditPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/segments/:id/delete") view=DeletePage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/jobs") view=JobsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/jobs/:id") view=JobPage ssr=SsrMode::Async />
                <Route path=path!("/settings/limits") view=SettingsLimitsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/recurring") view=RecurringListPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/recurring/new") view=RecurringNewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/recurring/:id") view=RecurringPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/notices") view=NoticesPage ssr=SsrMode::Async />
                <Route path=path!("/settings/notifications") view=NotificationsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/jobs/:id/report") view=JobReportPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/jobs/:id/receipt") view=ReceiptPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/privacy/:id/receipt") view=RequestReceiptPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/reports") view=ReportsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/suppressions") view=SuppressionsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/warehouse") view=WarehousePage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/live") view=LivePage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/holds") view=HoldsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/holds/new") view=HoldNewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/holds/:id") view=HoldPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/privacy") view=PrivacyPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/privacy/new") view=PrivacyNewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/privacy/recipients") view=PrivacyRecipientsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/privacy/:id") view=PrivacyRequestPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/jobs/:id/targets") view=TargetsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/campaigns") view=CampaignsPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/campaigns/new") view=CampaignNewPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/campaigns/:id") view=CampaignPage ssr=SsrMode::Async />
                <Route path=path!("/d/:ds/campaigns/:id/edit") view=CampaignEditPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
