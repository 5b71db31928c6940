//! The ways in which something goes wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A way in which something goes wrong.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Fault mode")]
pub enum Mode {
    /// The reply is late.
    Latency,
    /// The reply does not come in time, and then the connection closes.
    Timeout,
    /// The connection is reset.
    ConnectionReset,
    /// The connection closes without a byte.
    EmptyReply,
    /// The body ends too early.
    TruncatedBody,
    /// What comes is no answer.
    Garbage,
    /// A server error.
    WrongStatus,
    /// A success that carries an error.
    ErrorInOk,
    /// The caller is told to slow down.
    RateLimited,
    /// Some members are gone.
    PartialResponse,
    /// A member has another value of the same type.
    CorruptField,
    /// A member is null.
    NullField,
    /// A member has another type.
    TypeChange,
    /// A member is called otherwise.
    RenamedField,
    /// There is a member more.
    AddedField,
    /// The reply is as another version of the API has it.
    SchemaDrift,
    /// A list has nothing in it.
    EmptyList,
    /// The reply is of the state as it was.
    StaleRead,
    /// A success that has changed nothing.
    SilentNoOp,
    /// The reply is about another record.
    WrongEntity,
    /// The page's token, or the credential, has expired.
    ExpiredToken,
    /// The last page's cursor leads back.
    LoopingCursor,
    /// The reply does not say whether more follows.
    MissingHasMore,
    /// A page has fewer rows than it could.
    ShortPage,
    /// The request takes effect twice, or an event is told twice.
    DuplicateDelivery,
    /// What was asked is done, and the reply is lost.
    LostReply,
    /// Nothing is done, and no reply comes.
    LostRequest,
    /// The body comes in small pieces.
    SlowDrip,
    /// Events are told in another order.
    OutOfOrder,
    /// What describes the tools to an agent is wrong.
    BrokenToolSchema,
}

/// Where a fault shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Fault surface")]
pub enum Surface {
    /// In what a caller gets.
    #[default]
    Reply,
    /// In single items of a batch.
    Items,
    /// In what endpoints are told.
    Webhooks,
    /// In the list of tools.
    Tools,
}

/// What a fault does to a call: those of one call are carried out in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The call is decided on in another way: over an older state, with a flaw of paging, twice.
    Decide,
    /// Another reply takes the place of the clean one.
    Replace,
    /// The reply's body is changed.
    Alter,
    /// The reply is late, cut, or lost on the wire.
    Wire,
}

impl Surface {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reply, Self::Items, Self::Webhooks, Self::Tools];

    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Items => "items",
            Self::Webhooks => "webhooks",
            Self::Tools => "tools",
        }
    }
}

impl Mode {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 30] = [
        Self::Latency,
        Self::Timeout,
        Self::ConnectionReset,
        Self::EmptyReply,
        Self::TruncatedBody,
        Self::Garbage,
        Self::WrongStatus,
        Self::ErrorInOk,
        Self::RateLimited,
        Self::PartialResponse,
        Self::CorruptField,
        Self::NullField,
        Self::TypeChange,
        Self::RenamedField,
        Self::AddedField,
        Self::SchemaDrift,
        Self::EmptyList,
        Self::StaleRead,
        Self::SilentNoOp,
        Self::WrongEntity,
        Self::ExpiredToken,
        Self::LoopingCursor,
        Self::MissingHasMore,
        Self::ShortPage,
        Self::DuplicateDelivery,
        Self::LostReply,
        Self::LostRequest,
        Self::SlowDrip,
        Self::OutOfOrder,
        Self::BrokenToolSchema,
    ];

    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Timeout => "timeout",
            Self::ConnectionReset => "connection_reset",
            Self::EmptyReply => "empty_reply",
            Self::TruncatedBody => "truncated_body",
            Self::Garbage => "garbage",
            Self::WrongStatus => "wrong_status",
            Self::ErrorInOk => "error_in_ok",
            Self::RateLimited => "rate_limited",
            Self::PartialResponse => "partial_response",
            Self::CorruptField => "corrupt_field",
            Self::NullField => "null_field",
            Self::TypeChange => "type_change",
            Self::RenamedField => "renamed_field",
            Self::AddedField => "added_field",
            Self::SchemaDrift => "schema_drift",
            Self::EmptyList => "empty_list",
            Self::StaleRead => "stale_read",
            Self::SilentNoOp => "silent_no_op",
            Self::WrongEntity => "wrong_entity",
            Self::ExpiredToken => "expired_token",
            Self::LoopingCursor => "looping_cursor",
            Self::MissingHasMore => "missing_has_more",
            Self::ShortPage => "short_page",
            Self::DuplicateDelivery => "duplicate_delivery",
            Self::LostReply => "lost_reply",
            Self::LostRequest => "lost_request",
            Self::SlowDrip => "slow_drip",
            Self::OutOfOrder => "out_of_order",
            Self::BrokenToolSchema => "broken_tool_schema",
        }
    }

    /// When it is carried out.
    #[must_use]
    pub fn phase(self) -> Phase {
        match self {
            Self::StaleRead
            | Self::WrongEntity
            | Self::ExpiredToken
            | Self::LoopingCursor
            | Self::MissingHasMore
            | Self::ShortPage
            | Self::DuplicateDelivery
            | Self::OutOfOrder
            | Self::BrokenToolSchema => Phase::Decide,
            Self::WrongStatus | Self::ErrorInOk | Self::RateLimited | Self::SilentNoOp => {
                Phase::Replace
            }
            Self::PartialResponse
            | Self::CorruptField
            | Self::NullField
            | Self::TypeChange
            | Self::RenamedField
            | Self::AddedField
            | Self::SchemaDrift
            | Self::EmptyList => Phase::Alter,
            Self::Latency
            | Self::Timeout
            | Self::ConnectionReset
            | Self::EmptyReply
            | Self::TruncatedBody
            | Self::Garbage
            | Self::LostReply
            | Self::LostRequest
            | Self::SlowDrip => Phase::Wire,
        }
    }

    /// The settings that a rule may give it beside `committed`, by their names in documents.
    #[must_use]
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["milliseconds", "distribution"],
            Self::Timeout => &["milliseconds", "status", "body"],
            Self::ConnectionReset
            | Self::EmptyReply
            | Self::WrongEntity
            | Self::LoopingCursor
            | Self::MissingHasMore
            | Self::DuplicateDelivery => &[],
            Self::TruncatedBody => &["bytes", "share", "events", "framed"],
            Self::Garbage => &["garbage"],
            Self::WrongStatus => &["status", "statuses", "body", "cause", "message"],
            Self::ErrorInOk => &["status", "body", "cause", "message", "beside"],
            Self::RateLimited => &["status", "retryAfter", "body", "message"],
            Self::PartialResponse => &["fields", "share"],
            Self::CorruptField | Self::NullField | Self::EmptyList => &["fields"],
            Self::TypeChange => &["fields", "to"],
            Self::RenamedField => &["fields", "rename"],
            Self::AddedField => &["add"],
            Self::SchemaDrift => &["rename", "add", "remove", "retype"],
            Self::StaleRead => &["calls", "seconds"],
            Self::SilentNoOp => &["body"],
            Self::ExpiredToken => &["token"],
            Self::ShortPage => &["rows"],
            Self::LostReply | Self::LostRequest => &["as", "milliseconds"],
            Self::SlowDrip => &["milliseconds", "chunks"],
            Self::OutOfOrder => &["seconds"],
            Self::BrokenToolSchema => &["flaw", "fields"],
        }
    }

    /// Whether it can show there.
    #[must_use]
    pub fn shows(self, surface: Surface) -> bool {
        match surface {
            Surface::Tools => self == Self::BrokenToolSchema,
            Surface::Reply => !matches!(self, Self::BrokenToolSchema | Self::OutOfOrder),
            Surface::Items => matches!(self, Self::WrongStatus | Self::RateLimited),
            Surface::Webhooks => {
                self.phase() == Phase::Alter
                    || matches!(
                        self,
                        Self::Latency
                            | Self::DuplicateDelivery
                            | Self::OutOfOrder
                            | Self::LostReply
                            | Self::LostRequest
                    )
            }
        }
    }

    /// Where it shows, where a rule does not say.
    #[must_use]
    pub fn surface(self) -> Surface {
        match self {
            Self::OutOfOrder => Surface::Webhooks,
            Self::BrokenToolSchema => Surface::Tools,
            _ => Surface::Reply,
        }
    }

    /// Whether what the call asks for is done, where a rule does not say.
    #[must_use]
    pub fn commits(self) -> bool {
        !matches!(
            self,
            Self::Timeout
                | Self::ConnectionReset
                | Self::EmptyReply
                | Self::WrongStatus
                | Self::ErrorInOk
                | Self::RateLimited
                | Self::SilentNoOp
                | Self::LostRequest
        )
    }

    /// Whether a rule may say that what the call asks for is done, or is not.
    #[must_use]
    pub fn may_commit_or_not(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::ConnectionReset
                | Self::EmptyReply
                | Self::TruncatedBody
                | Self::Garbage
                | Self::WrongStatus
                | Self::ErrorInOk
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_has_one_name() {
        for mode in Mode::ALL {
            let written = serde_json::to_value(mode).expect("a name");
            assert_eq!(written, mode.name());
        }
    }
}
