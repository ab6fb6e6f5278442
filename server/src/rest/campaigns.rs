//! `/datasets/{ds}/campaigns`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
};
use crate::wire::{Campaign, CampaignPatch, NewCampaign, Page};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
}

/// Campaigns with their figures.
#[utoipa::path(get, path = "/datasets/{ds}/campaigns", tag = "campaigns",
    params(("ds", description = "Short name of the dataset"), Part),
    responses((status = 200, body = Page<Campaign>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<Campaign>>> {
    let dataset = caller.dataset(&ds).await?;
    let asked = part.request()?;
    let all = caller
        .engine
        .all_campaign_figures(&caller.actor, dataset.id)
        .await?;
    Ok(Json(Page::cut(
        all,
        &asked,
        |figures| figures.campaign.id.clone(),
        Into::into,
    )))
}

/// Makes a campaign.
#[utoipa::path(post, path = "/datasets/{ds}/campaigns", tag = "campaigns", request_body = NewCampaign,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = Campaign)))]
async fn create(
    caller: Caller,
    Path(ds): Path<String>,
    body: Body<NewCampaign>,
) -> Answer<(StatusCode, Json<Campaign>)> {
    let dataset = caller.dataset(&ds).await?;
    let made = caller
        .engine
        .create_campaign(&caller.actor, dataset.id, body.it.spec()?)
        .await?;
    let figures = caller
        .engine
        .campaign_figures(&caller.actor, dataset.id, &made.id)
        .await?;
    Ok((StatusCode::CREATED, Json(figures.into())))
}

/// A campaign with its figures.
#[utoipa::path(get, path = "/datasets/{ds}/campaigns/{id}", tag = "campaigns",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Campaign>> {
    let dataset = caller.dataset(&ds).await?;
    Ok(Json(
        caller
            .engine
            .campaign_figures(&caller.actor, dataset.id, &id)
            .await?
            .into(),
    ))
}

/// Changes a campaign; what is not sent stays.
#[utoipa::path(patch, path = "/datasets/{ds}/campaigns/{id}", tag = "campaigns", request_body = CampaignPatch,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn change(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<CampaignPatch>,
) -> Answer<Json<Campaign>> {
    let dataset = caller.dataset(&ds).await?;
    caller
        .engine
        .update_campaign(&caller.actor, dataset.id, &id, body.it.change()?)
        .await?;
    Ok(Json(
        caller
            .engine
            .campaign_figures(&caller.actor, dataset.id, &id)
            .await?
            .into(),
    ))
}
