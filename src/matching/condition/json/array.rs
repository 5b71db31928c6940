//! Lists of documents.

use std::fmt;
use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Adder, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelInt, CelList, Kind, LIST_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde_json::Value as Json;

use super::super::VALUE_DEPTH_MAX;
use super::super::equality::equal;
use super::super::error::not_applicable;
use super::{Elements, Probe, size, value};

/// A list of a document. Its elements become values together, when it is first iterated.
pub(super) struct JsonArray<'a> {
    items: &'a [Json],
    values: OnceLock<Vec<Box<dyn Val + 'a>>>,
}

impl<'a> JsonArray<'a> {
    pub(super) fn new(items: &'a [Json]) -> Self {
        Self {
            items,
            values: OnceLock::new(),
        }
    }

    fn values(&self) -> &[Box<dyn Val + 'a>] {
        self.values
            .get_or_init(|| self.items.iter().map(value).collect())
    }
}

impl fmt::Debug for JsonArray<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

impl Val for JsonArray<'_> {
    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }

    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
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
        if Probe::answer(other, || Json::Array(self.items.to_vec())) {
            return false;
        }
        let list = other.get_type().kind() == Kind::List;
        list && equal(self, other, VALUE_DEPTH_MAX).unwrap_or(false)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.items))
    }
}

impl Adder for JsonArray<'_> {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let list = (other.get_type().kind() == Kind::List).then(|| other.as_iterable());
        let Some(more) = list.flatten() else {
            return Err(not_applicable("+", &[self, other]));
        };
        let mut sum: Vec<Box<dyn Val + 'v>> = Vec::with_capacity(self.items.len());
        sum.extend(self.values().iter().map(|item| item.clone_as_boxed()));
        let mut more = more.iter();
        while let Some(item) = more.next() {
            sum.push(item.clone_as_boxed());
        }
        Ok(CowVal::owned(CelList::from(sum)))
    }
}

impl Indexer for JsonArray<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let int = index.downcast_ref::<CelInt>();
        let int = int.ok_or_else(|| not_applicable("[]", &[self, index]))?;
        let at = usize::try_from(*int.inner()).ok();
        match at.and_then(|at| self.items.get(at)) {
            Some(item) => Ok(CowVal::Owned(value(item))),
            None => Err(ExecutionError::IndexOutOfBounds((*int.inner()).into())),
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Iterable for JsonArray<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Elements(self.values().iter()))
    }
}

impl Sizer for JsonArray<'_> {
    fn size(&self) -> CelInt {
        size(self.items.len())
    }
}
