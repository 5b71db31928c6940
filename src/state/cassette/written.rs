//! A cassette that is ready to be played, as it is written into a log of effects: without what follows
//! from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::loaded::{Loaded, Settings};
use crate::cassette::{self, Bounds, Format};
use crate::domain::name::Name;

/// A cassette that is ready, without what follows from its text.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    text: String,
    settings: Settings,
    tools: BTreeMap<String, Name>,
}

impl Serialize for Loaded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            text: cassette::write(self.cassette(), Format::Json).text,
            settings: self.settings().clone(),
            tools: self.tools().clone(),
        };
        written.serialize(serializer)
    }
}

impl TryFrom<Written> for Loaded {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let read = cassette::read("cassette", written.text.as_bytes(), Bounds::default());
        let (cassette, _) = read.map_err(|error| error.to_string())?;
        Self::with_tools(cassette, written.settings, written.tools)
    }
}
