//! What a page says instead of itself.

use domain::problem::{Code, Problem};

/// The heading and the sentence of a problem.
pub fn words(problem: &Problem) -> (String, String) {
    let title = match problem.code {
        Code::NotFound => "Not found",
        Code::Forbidden => "Not allowed",
        Code::Unauthenticated => "Not logged in",
        Code::NotReady => "Starting",
        Code::Internal => "Something failed",
        _ => "That is not possible now",
    };
    (title.to_owned(), problem.message.clone())
}
