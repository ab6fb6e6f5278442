//! Completes the description that the handlers gave of themselves: title, how to log in, and the refusal that every
//! operation may answer.

use super::answer::{ErrorBody, ErrorPart};
use utoipa::{
    PartialSchema as _,
    openapi::{
        ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder, ServerBuilder,
        path::{Operation, PathItem},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

/// The finished document.
pub(super) fn finish(mut document: OpenApi, other_door: OpenApi) -> OpenApi {
    add(&mut document, other_door);
    document.info = InfoBuilder::new()
        .title("Lethe")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Bulk deletion of customer profiles, by segment. Times are RFC 3339, UTC. Lists answer {items, next}; send \
             next back as cursor.",
        ))
        .build();
    document.servers = Some(vec![ServerBuilder::new().url("/api/v1").build()]);
    let scheme = |kind: HttpAuthScheme| SecurityScheme::Http(Http::new(kind));
    let components = document
        .components
        .take()
        .unwrap_or_else(|| ComponentsBuilder::new().build());
    let mut components = components;
    components
        .schemas
        .insert("ErrorBody".to_owned(), ErrorBody::schema());
    components
        .schemas
        .insert("ErrorPart".to_owned(), ErrorPart::schema());
    components.add_security_scheme("basic", scheme(HttpAuthScheme::Basic));
    components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer));
    document.components = Some(components);
    let none: [&str; 0] = [];
    document.security = Some(vec![
        SecurityRequirement::new("basic", none),
        SecurityRequirement::new("bearer", none),
    ]);
    for path in document.paths.paths.values_mut() {
        for operation in operations(path) {
            name(operation);
            refusal(operation);
        }
    }
    document
}

/// Adds what answers beside the management API, under `/api`: each of its operations says so.
fn add(document: &mut OpenApi, mut other_door: OpenApi) {
    for operation in other_door.paths.paths.values_mut().flat_map(operations) {
        operation.servers = Some(vec![ServerBuilder::new().url("/api").build()]);
    }
    document.merge(other_door);
}

/// The operations of a path.
fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut path.get,
        &mut path.post,
        &mut path.patch,
        &mut path.put,
        &mut path.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

/// Names an operation after its family as well: handlers of several families share a name, and ids must be unique.
fn name(operation: &mut Operation) {
    let family = operation
        .tags
        .iter()
        .flatten()
        .next()
        .map_or(String::new(), |tag| tag.replace(' ', "_"));
    operation.operation_id = operation.operation_id.take().map(|id| format!("{family}_{id}"));
}

/// Adds what any operation answers when it refuses.
fn refusal(operation: &mut Operation) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ErrorBody")))
        .build();
    let response = ResponseBuilder::new()
        .description("Refused or failed")
        .content("application/json", content)
        .build();
    operation
        .responses
        .responses
        .insert("default".to_owned(), RefOr::T(response));
}
