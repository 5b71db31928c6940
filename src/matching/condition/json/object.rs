//! Objects of documents.

use std::fmt;
use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelInt, CelString, Kind, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde_json::{Map, Value as Json};

use super::super::VALUE_DEPTH_MAX;
use super::super::equality::equal;
use super::super::error::not_applicable;
use super::{Elements, Probe, size, value};

/// An object of a document.
pub(super) struct JsonObject<'a> {
    members: &'a Map<String, Json>,
    keys: OnceLock<Vec<Box<dyn Val + 'a>>>,
}

impl<'a> JsonObject<'a> {
    pub(super) fn new(members: &'a Map<String, Json>) -> Self {
        Self {
            members,
            keys: OnceLock::new(),
        }
    }

    fn keys(&self) -> &[Box<dyn Val + 'a>] {
        self.keys.get_or_init(|| {
            let keys = self.members.keys();
            keys.map(|key| -> Box<dyn Val + 'a> { Box::new(CelString::from(key.as_str())) })
                .collect()
        })
    }
}

impl fmt::Debug for JsonObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members.fmt(f)
    }
}

impl Val for JsonObject<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        if Probe::answer(other, || Json::Object(self.members.clone())) {
            return false;
        }
        let map = other.get_type().kind() == Kind::Map;
        map && equal(self, other, VALUE_DEPTH_MAX).unwrap_or(false)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.members))
    }
}

impl Container for JsonObject<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        let key = key.downcast_ref::<CelString>();
        Ok(key.is_some_and(|key| self.members.contains_key(key.inner())))
    }
}

impl Indexer for JsonObject<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let text = key.downcast_ref::<CelString>();
        let text = text.ok_or_else(|| not_applicable("[]", &[self, key]))?;
        match self.members.get(text.inner()) {
            Some(member) => Ok(CowVal::Owned(value(member))),
            None => Err(ExecutionError::no_such_key(text.inner())),
        }
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for JsonObject<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Elements(self.keys().iter()))
    }
}

impl Sizer for JsonObject<'_> {
    fn size(&self) -> CelInt {
        size(self.members.len())
    }
}
