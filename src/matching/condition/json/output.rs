//! Values of expressions as JSON.

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelType,
};
use cel::common::value::Val;
use serde_json::{Map, Number, Value as Json};

use super::super::amount::Money;
use super::super::error::{EvalError, type_name};
use super::super::instant::Instant;
use super::document;

/// The JSON of any value, at most `levels` deep.
pub(in super::super) fn to_json(value: &dyn Val, levels: usize) -> Result<Json, EvalError> {
    if let Some(json) = document(value) {
        return Ok(json);
    }
    if let Some(json) = scalar(value) {
        return Ok(json);
    }
    let not_json = || EvalError::NotJson {
        found: type_name(value).to_owned(),
    };
    let levels = levels.checked_sub(1).ok_or(EvalError::TooDeep)?;
    if let Some(list) = value.downcast_ref::<CelList>() {
        let items = list
            .inner()
            .iter()
            .map(|item| to_json(item.as_ref(), levels));
        return Ok(Json::Array(items.collect::<Result<_, _>>()?));
    }
    let map = value.downcast_ref::<CelMap>().ok_or_else(not_json)?;
    let mut members = Map::new();
    for key in sorted_keys(map) {
        let member = map.inner().get(key).ok_or_else(not_json)?;
        members.insert(key_text(key), to_json(member.as_ref(), levels)?);
    }
    Ok(Json::Object(members))
}

fn scalar(value: &dyn Val) -> Option<Json> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        Some(Json::from(text.inner()))
    } else if let Some(int) = value.downcast_ref::<CelInt>() {
        Some(Json::from(*int.inner()))
    } else if let Some(bool) = value.downcast_ref::<CelBool>() {
        Some(Json::from(*bool.inner()))
    } else if value.downcast_ref::<CelNull>().is_some() {
        Some(Json::Null)
    } else if let Some(double) = value.downcast_ref::<CelDouble>() {
        Number::from_f64(*double.inner()).map(Json::Number)
    } else if let Some(money) = value.downcast_ref::<Money>() {
        Some(Json::from(money.0.to_string()))
    } else if let Some(instant) = value.downcast_ref::<Instant>() {
        Some(Json::from(instant.0.to_string()))
    } else {
        let named = value.downcast_ref::<CelType>();
        named.map(|named| Json::from(named.name()))
    }
}

/// The keys of a map that the expression made: it keeps them in no order.
pub(in super::super) fn sorted_keys<'m, 'v>(map: &'m CelMap<'v>) -> Vec<&'m CelMapKey<'v>> {
    let mut keys: Vec<_> = map.inner().keys().collect();
    keys.sort();
    keys
}

fn key_text(key: &CelMapKey<'_>) -> String {
    match key {
        CelMapKey::String(text) => text.inner().to_owned(),
        CelMapKey::Int(int) => int.inner().to_string(),
        CelMapKey::UInt(uint) => uint.inner().to_string(),
        CelMapKey::Bool(bool) => bool.inner().to_string(),
    }
}
