//! `/api/dataset/{dataset}`: the door for legal requests, look-up and deletion of single persons, in the form that others
//! know: a file of identifiers in, one line of text out. Unknown ones reveal nothing beyond the counts.

use super::{
    answer::{Answer, Refused},
    caller::Caller,
};
use crate::{named_people, wire};
use axum::{
    Json,
    body::Body,
    extract::Path,
    http::{HeaderMap, header},
};
use domain::problem::{Code, Problem};
use engine::Engine;
use http_body_util::Limited;
use multer::{Constraints, Multipart};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(look_up))
        .routes(routes!(delete))
}

/// Everything that is known of a person, in the store and in the warehouse.
#[utoipa::path(get, path = "/dataset/{dataset}/user/{id}", tag = "persons",
    params(("dataset", description = "Short name of the dataset"),
        ("id", description = "Any identity: user_id, anonymous id, e-mail or phone")),
    responses((status = 200, body = wire::Person)))]
async fn look_up(caller: Caller, Path((dataset, id)): Path<(String, String)>) -> Answer<Json<wire::Person>> {
    let dataset = caller.dataset(&dataset).await?;
    let found = caller
        .engine
        .person_record(&caller.actor, dataset.id, &id)
        .await?;
    let person = found.and_then(wire::Person::of).ok_or_else(nobody)?;
    Ok(Json(person))
}

fn nobody() -> Refused {
    Problem::because(
        Code::NotFound,
        "Nothing is known of anybody with that identity in this dataset.",
    )
    .into()
}

/// The form that is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: the form is read as it arrives")]
struct PersonsForm {
    /// CSV: the header line `name`, then one identity a line.
    #[schema(value_type = String, format = Binary)]
    file: String,
}

/// Erases persons from the store and the warehouse, at once.
#[utoipa::path(post, path = "/dataset/{dataset}/users/delete", tag = "persons",
    params(("dataset", description = "Short name of the dataset")),
    request_body(content = PersonsForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "Such as `Deleted 3 users (3 requested)`", body = String, content_type = "text/plain")))]
async fn delete(
    caller: Caller,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<String> {
    let dataset = caller.dataset(&dataset).await?;
    // Whoever may not do this is told so before their file is read.
    caller
        .actor
        .require_in(domain::access::Permission::Privacy, dataset.id)?;
    let names = named_people::read(&file(&headers, body).await?)?;
    let done = caller
        .engine
        .erase_people(&caller.actor, dataset.id, &names, None)
        .await?;
    Ok(wire::Erased::from(done).line())
}

/// The text of the form's file.
async fn file(headers: &HeaderMap, body: Body) -> Result<String, Problem> {
    let media = headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(media).map_err(|_| {
        Problem::because(
            Code::UnsupportedMedia,
            "Send a form, multipart/form-data, with the field file.",
        )
    })?;
    let body = Body::new(Limited::new(body, named_people::BYTES_MAX)).into_data_stream();
    let constraints = Constraints::new().allowed_fields(vec!["file"]);
    let mut form = Multipart::with_constraints(body, boundary, constraints);
    let field = form.next_field().await.map_err(|error| broken(&error))?;
    let field = field.ok_or_else(|| Problem::new(Code::FileMissing).on("file"))?;
    let bytes = field.bytes().await.map_err(|error| broken(&error))?;
    String::from_utf8(bytes.into())
        .map_err(|_| Problem::because(Code::Invalid, "The file is not UTF-8 text.").on("file"))
}

fn broken(error: &multer::Error) -> Problem {
    if too_large(error) {
        return Problem::new(Code::TooLarge).on("file");
    }
    Problem::because(
        Code::BadRequest,
        "The form cannot be read: it takes one field, file.",
    )
    .on("file")
}

/// Whether the bound on the whole form was hit, which arrives wrapped.
fn too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<http_body_util::LengthLimitError>() || error.source().is_some_and(too_large)
}
