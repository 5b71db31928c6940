//! The id of a logged call, where ids are UUIDs: WireMock's clients ask for calls by one.
//!
//! It says which sandbox and which call, and can be read back: a UUID of version 8 (RFC 9562 §5.8,
//! made by our own rule) whose first half is a hash of the sandbox's id and whose last 62 bits are the
//! call's number. Equal runs give equal ids, and no table is kept.

use uuid::{Builder, Uuid};

use super::chance::sandbox_seed;
use super::name::SandboxId;

/// The bits that a UUID leaves for a number behind its variant.
const NUMBER_BITS: u128 = (1 << 62) - 1;

/// The id of call `number` in a sandbox. No call has the number 0.
#[must_use]
pub fn request_id(sandbox: &SandboxId, number: u64) -> Uuid {
    let half = u128::from(sandbox_seed(0, sandbox.as_str())) << 64;
    let bytes = half | (u128::from(number) & NUMBER_BITS);
    Builder::from_custom_bytes(bytes.to_be_bytes()).into_uuid()
}

/// The number of the call that an id stands for, if it is an id of this sandbox.
#[must_use]
pub fn number_of(sandbox: &SandboxId, id: Uuid) -> Option<u64> {
    let number = u64::try_from(id.as_u128() & NUMBER_BITS).ok()?;
    (number > 0 && request_id(sandbox, number) == id).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_read_back_in_its_own_sandbox_only() {
        let sandbox = |id| SandboxId::parse(id).expect("an id");
        let (one, other) = (sandbox("default"), sandbox("team-a"));
        for number in [1, 2, 77, u64::from(u32::MAX), (1 << 62) - 1] {
            let id = request_id(&one, number);
            assert_eq!(id.get_version_num(), 8);
            assert_eq!(number_of(&one, id), Some(number));
            assert_eq!(number_of(&other, id), None);
        }
    }

    #[test]
    fn what_is_no_id_of_a_call_has_no_number() {
        let sandbox = SandboxId::default_sandbox();
        assert_eq!(number_of(&sandbox, Uuid::nil()), None);
        assert_eq!(number_of(&sandbox, Uuid::max()), None);
        assert_eq!(number_of(&sandbox, request_id(&sandbox, 0)), None);
    }

    #[test]
    fn an_id_stays_what_it_is() {
        let id = request_id(&SandboxId::default_sandbox(), 1);
        assert_eq!(id.to_string(), "87a89c07-751a-8a28-8000-000000000001");
    }
}
