//! Stands in for `state::image` until that is there.
use crate::state::SandboxState;
use std::sync::Arc;
pub(super) const STACK_BYTES: usize = 64 << 20;
pub(super) fn write(state: &SandboxState, part: &mut dyn FnMut(Vec<u8>)) {
    let value =
        serde_json::json!({"opening": &*state.opening, "now": state.now, "calls": state.calls});
    part(serde_json::to_vec(&value).expect("json"));
}
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}
#[derive(Default)]
pub(super) struct Reader(Option<SandboxState>);
impl Reader {
    pub(super) fn new() -> Self {
        Self(None)
    }
    pub(super) fn take(&mut self, part: &[u8]) -> Result<(), serde_json::Error> {
        let value: serde_json::Value = serde_json::from_slice(part)?;
        let opening = serde_json::from_value(value["opening"].clone())?;
        let now = serde_json::from_value(value["now"].clone())?;
        let mut state = SandboxState::new(Arc::new(opening), now);
        state.calls = value["calls"].as_u64().expect("calls");
        self.0 = Some(state);
        Ok(())
    }
    pub(super) fn finish(self) -> Result<SandboxState, String> {
        self.0.ok_or("nothing".into())
    }
}
