//! Causes of refusal that the engine itself knows. A pack says how each looks on its wire, and may
//! declare more.

use http::StatusCode;

/// A cause that needs no declaration.
#[derive(Clone, Copy, Debug)]
pub struct KnownCause {
    /// Its name, as packs write it.
    pub name: &'static str,
    /// The status, where a pack does not give one.
    pub status: StatusCode,
    /// The title, where a pack does not give one.
    pub title: &'static str,
}

/// All causes that the engine knows.
pub const KNOWN_CAUSES: &[KnownCause] = &[
    known(
        "malformed_body",
        StatusCode::BAD_REQUEST,
        "The body cannot be read",
    ),
    known(
        INVALID_INPUT,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The input is not valid",
    ),
    known(
        "missing_member",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A member is missing",
    ),
    known(
        "unknown_member",
        StatusCode::UNPROCESSABLE_ENTITY,
        "There is no such member",
    ),
    known(
        "wrong_type",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A member is of the wrong type",
    ),
    known(
        "not_one_of",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A member is none of the values that it can have",
    ),
    known(
        "out_of_range",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A member is too small or too large",
    ),
    known(
        "unknown_tool",
        StatusCode::NOT_FOUND,
        "There is no such tool",
    ),
    known("not_found", StatusCode::NOT_FOUND, "Not found"),
    known("already_exists", StatusCode::CONFLICT, "It exists already"),
    known(
        "cannot_expand",
        StatusCode::BAD_REQUEST,
        "This cannot be expanded",
    ),
    known(
        "precondition_failed",
        StatusCode::PRECONDITION_FAILED,
        "A condition of the request does not hold",
    ),
    // RFC 6585 §3.
    known(
        "precondition_required",
        StatusCode::PRECONDITION_REQUIRED,
        "The request must be conditional",
    ),
    known("not_permitted", StatusCode::FORBIDDEN, "Not permitted"),
    known(
        "illegal_transition",
        StatusCode::CONFLICT,
        "Not possible in this state",
    ),
    known(
        "definitions_changed",
        StatusCode::CONFLICT,
        "The definitions have changed under this sandbox",
    ),
    known(
        "insufficient_funds",
        StatusCode::PAYMENT_REQUIRED,
        "Insufficient funds",
    ),
    known(
        "over_limit",
        StatusCode::PAYMENT_REQUIRED,
        "A spending limit is exceeded",
    ),
    known(
        "exceeds_hold",
        StatusCode::UNPROCESSABLE_ENTITY,
        "More than is held",
    ),
    known(
        "hold_resolved",
        StatusCode::CONFLICT,
        "The hold is resolved already",
    ),
    known(
        "rate_limited",
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests",
    ),
    known(
        "quota_exceeded",
        StatusCode::TOO_MANY_REQUESTS,
        "The quota is used up",
    ),
    known(
        "invalid_cursor",
        StatusCode::BAD_REQUEST,
        "The cursor is not valid",
    ),
    known(
        "expired_cursor",
        StatusCode::BAD_REQUEST,
        "The cursor has expired",
    ),
    known(
        "invalid_page_size",
        StatusCode::BAD_REQUEST,
        "The page size is not valid",
    ),
    known(
        "page_size_malformed",
        StatusCode::BAD_REQUEST,
        "The page size is not valid",
    ),
    known(
        "page_size_too_small",
        StatusCode::BAD_REQUEST,
        "The page size is too small",
    ),
    known(
        "page_size_too_large",
        StatusCode::BAD_REQUEST,
        "The page size is too large",
    ),
    known(
        "conflicting_parameters",
        StatusCode::BAD_REQUEST,
        "These parameters cannot be given together",
    ),
    known(
        "missing_parameter",
        StatusCode::BAD_REQUEST,
        "A parameter is missing",
    ),
    known(
        "invalid_sort",
        StatusCode::BAD_REQUEST,
        "The list cannot be sorted so",
    ),
    known(
        "too_deep",
        StatusCode::BAD_REQUEST,
        "Paging by numbers goes no deeper",
    ),
    known(
        "unauthenticated",
        StatusCode::UNAUTHORIZED,
        "No credential was given",
    ),
    known(
        "invalid_credential",
        StatusCode::UNAUTHORIZED,
        "The credential is not known",
    ),
    known(
        "expired_credential",
        StatusCode::UNAUTHORIZED,
        "The credential has expired",
    ),
    known(
        "revoked_credential",
        StatusCode::UNAUTHORIZED,
        "The credential was revoked",
    ),
    known(
        "insufficient_scope",
        StatusCode::FORBIDDEN,
        "The credential does not allow this",
    ),
    known(
        "idempotency_key_missing",
        StatusCode::BAD_REQUEST,
        "An idempotency key is required",
    ),
    known(
        "idempotency_key_invalid",
        StatusCode::BAD_REQUEST,
        "The idempotency key is not valid",
    ),
    known(
        "idempotency_mismatch",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The idempotency key was used for another request",
    ),
    known(
        "idempotency_in_flight",
        StatusCode::CONFLICT,
        "A request with this idempotency key is under way",
    ),
    known(
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Temporarily unavailable",
    ),
    known(
        "malformed_batch",
        StatusCode::BAD_REQUEST,
        "The batch cannot be read",
    ),
    known(
        "batch_unterminated",
        StatusCode::BAD_REQUEST,
        "The last line has no end",
    ),
    known(
        "batch_empty",
        StatusCode::BAD_REQUEST,
        "The batch has no items",
    ),
    known(
        "batch_too_large",
        StatusCode::BAD_REQUEST,
        "The batch has too many items",
    ),
    known(
        "batch_ids_not_distinct",
        StatusCode::BAD_REQUEST,
        "Two items have one id",
    ),
    known(
        "batch_id_missing",
        StatusCode::BAD_REQUEST,
        "An item has no id",
    ),
    known(
        "rolled_back",
        StatusCode::FAILED_DEPENDENCY,
        "Undone with the rest of the batch",
    ),
    known(
        "not_tried",
        StatusCode::FAILED_DEPENDENCY,
        "Not tried after a failure",
    ),
    known(
        "failed_dependency",
        StatusCode::FAILED_DEPENDENCY,
        "What it depends on was not done",
    ),
    known(
        "linked_event_failed",
        StatusCode::FAILED_DEPENDENCY,
        "Another item of its chain failed",
    ),
    known(
        "linked_event_chain_open",
        StatusCode::BAD_REQUEST,
        "The chain has no end",
    ),
    known(INJECTED, StatusCode::INTERNAL_SERVER_ERROR, "Error"),
    known(
        "definition_error",
        StatusCode::INTERNAL_SERVER_ERROR,
        "The pack's definition failed",
    ),
];

/// What templates of refusals see beside the call's names: what every refusal tells, and what the causes
/// add. One that the cause at hand does not add prints nothing.
pub const REFUSAL_NAMES: &[&str] = &[
    "cause",
    "status",
    "title",
    "message",
    "errors",
    "violations",
    "noun",
    "action",
    "number",
    "expression",
    "key",
    "member",
    "value",
    "parameter",
    "parameters",
    "position",
    "raw",
    "reason",
    "min",
    "max",
    "count",
    "id",
    "item",
    "line",
    "limit",
    "limits",
    "idempotency",
    "credential",
    "needed",
    "missing",
    "machine",
    "transition",
    "state",
    "available",
    "cap",
    "spent",
    "asked",
    "etag",
    "header",
    "path",
];

/// The cause of a reply that nothing but its status says something of: the reason of RFC 9110 in words of
/// causes, such as `conflict`.
#[must_use]
pub fn cause_of_status(status: StatusCode) -> String {
    status
        .canonical_reason()
        .unwrap_or("error")
        .to_lowercase()
        .replace([' ', '-'], "_")
}

/// The cause of an error that a tester has queued.
pub const INJECTED: &str = "injected";

/// The cause of an input that does not fit its schema.
pub const INVALID_INPUT: &str = "invalid_input";

/// The cause of which another is a case. It says how the other looks, as far as that does not say so itself.
#[must_use]
pub fn broader(cause: &str) -> Option<&'static str> {
    match cause {
        "missing_member" | "unknown_member" | "wrong_type" | "not_one_of" | "out_of_range" => {
            Some(INVALID_INPUT)
        }
        _ => None,
    }
}

/// The cause of this name, if the engine knows it.
#[must_use]
pub fn known_cause(name: &str) -> Option<&'static KnownCause> {
    KNOWN_CAUSES.iter().find(|cause| cause.name == name)
}

const fn known(name: &'static str, status: StatusCode, title: &'static str) -> KnownCause {
    KnownCause {
        name,
        status,
        title,
    }
}
