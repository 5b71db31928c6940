//! How a call is sent on.

use super::HeaderSpec;
use crate::render::Template;

/// How a call is sent on to another server, whose answer is the answer.
#[derive(Debug)]
pub struct ProxySpec {
    /// What stands before the call's path and query.
    pub base: BaseUrl,
    /// What is cut off of the call's path where it begins with it.
    pub prefix: String,
    /// What is sent beside the call's own headers.
    pub adds: Vec<HeaderSpec>,
    /// The names of those of the call that are not sent.
    pub removes: Vec<String>,
}

/// The beginning of the URL that a call is sent on to.
#[derive(Debug)]
pub enum BaseUrl {
    /// It is always the same.
    Static(String),
    /// It is made for each call.
    Template(Template),
}
