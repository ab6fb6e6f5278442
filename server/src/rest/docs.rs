//! `/api/docs`: the API's description as one readable page, made from the OpenAPI document. No script, nothing from
//! elsewhere.

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse},
};
use serde_json::Value;
use std::fmt::Write as _;
use utoipa::openapi::OpenApi;

/// What the page may load: our styles, our icon and our fonts.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page as an answer.
pub(super) fn answer(page: &str) -> impl IntoResponse + use<> {
    (
        [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))],
        Html(page.to_owned()),
    )
}

/// Renders the page, once at start.
pub(super) fn page(document: &OpenApi) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut out = String::from(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>API – Lethe</title>\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"/pkg/lethe.css\">\
         </head><body><main class=\"docs\"><h1>API</h1>\
         <p>Every address begins with <code>/api/v1</code>, unless it begins with <code>/api</code> here. Send a token: \
         <code>Authorization: Bearer KEY_ID.SECRET</code>, or Basic with the key id as user and the secret as password. \
         Make one with <code>lethe token create NAME --dataset SLUG --scope read</code>. \
         The same for machines: <a href=\"/api/openapi.json\">openapi.json</a>.</p>\
         <p>A refusal is <code>{\"error\":{\"code\",\"message\",\"field\",\"details\"}}</code> with the fitting status.</p>",
    );
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            operation_section(&mut out, &method.to_uppercase(), path, operation);
        }
    }
    out.push_str("<h2>Shapes</h2>");
    for (name, schema) in object(&document["components"]["schemas"]) {
        let _ = write!(
            out,
            "<section><h3 id=\"{0}\">{0}</h3>{1}",
            escape(name),
            paragraph(schema)
        );
        fields(&mut out, schema);
        out.push_str("</section>");
    }
    out.push_str("</main></body></html>");
    out
}

fn operation_section(out: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        out,
        "<section><h2><code>{} {}{}</code></h2>",
        escape(method),
        escape(operation["servers"][0]["url"].as_str().unwrap_or("")),
        escape(path)
    );
    let summary = operation["summary"]
        .as_str()
        .or(operation["description"].as_str())
        .unwrap_or("");
    let _ = write!(out, "<p>{}</p>", escape(summary));
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<table><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">In</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
        for parameter in parameters {
            let text = |name: &str| escape(parameter[name].as_str().unwrap_or(""));
            let _ = write!(
                out,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                text("name"),
                text("in"),
                text("description")
            );
        }
        out.push_str("</tbody></table>");
    }
    if let Some((media, content)) = object(&operation["requestBody"]["content"]).next() {
        let _ = write!(
            out,
            "<p>Body, {}: {}</p>",
            escape(media),
            shape(&content["schema"])
        );
    }
    out.push_str("<ul>");
    for (status, response) in object(&operation["responses"]) {
        let schema = object(&response["content"])
            .next()
            .map_or(String::new(), |(_, content)| shape(&content["schema"]));
        let said = escape(response["description"].as_str().unwrap_or(""));
        let _ = write!(out, "<li><code>{}</code> {said} {schema}</li>", escape(status));
    }
    out.push_str("</ul></section>");
}

fn fields(out: &mut String, schema: &Value) {
    let parts = std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
    let rows: Vec<_> = parts
        .flat_map(|part| object(&part["properties"]).collect::<Vec<_>>())
        .collect();
    if rows.is_empty() {
        return;
    }
    out.push_str("<table><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
    for (name, field) in rows {
        let meaning = escape(field["description"].as_str().unwrap_or(""));
        let _ = write!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{meaning}</td></tr>",
            escape(name),
            shape(field)
        );
    }
    out.push_str("</tbody></table>");
}

/// A schema in a few words, with a link where it has a section of its own.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    for many in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[many].as_array() {
            return all.iter().map(shape).collect::<Vec<_>>().join(" or ");
        }
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => String::new(),
    };
    if kind.starts_with("array") {
        format!("list of {}", shape(&schema["items"]))
    } else {
        escape(&kind)
    }
}

fn paragraph(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .map_or(String::new(), |text| format!("<p>{}</p>", escape(text)))
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
