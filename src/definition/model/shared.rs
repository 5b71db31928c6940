//! What several blocks use.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The text of a CEL expression. A number, `true` or `false` stands for itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Cel(pub String);

impl<'de> Deserialize<'de> for Cel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            value @ (Value::Number(_) | Value::Bool(_)) => Ok(Self(value.to_string())),
            _ => Err(serde::de::Error::custom("expected a CEL expression")),
        }
    }
}

/// What an author sees of expressions in the editor.
const CEL: &str = "A CEL expression, such as input.agent_id == record.payer. A number, true or false stands for itself; a text has quotes of its own: \"'EUR'\".\n\nNames: input, request, tool, agent, credential, what `let` has named, and record where a step has made it. `input` is empty when time makes a transition.\n\nFunctions: money(amount) for exact decimals; dig(object, path, default) for members that may be missing; has(object.member); record(collection, key) and exists(collection, key); account(account) whether it is open; balance(account) or balance(account, currency); calls(agent, window) how many an agent has made; allowedTarget(url) whether webhooks may go there; now() the sandbox's clock; instant(text); within(instant, window); lower, upper, trim, md5 and sha256 (as hexadecimal digits), contains, startsWith, endsWith, matches; size, min, max, round(number, digits); split(text, separator), join(list, separator), pieces(text), replace(text, from, to), substring(text, from, to), toJson(value), object([[key, value]]), flatten(lists), sum(list); searchTerms(text) and searchMatches(terms, record) for search languages: {terms: [{field, operator, value, negated}], any, problem}; itemMatches(expression, names, values, item), itemUpdated, itemTouched, itemUpdateProblem (the same), itemPicked(expression, names, item), itemInvalid(item), itemStored(item), itemProblem and itemAttributes(kind, expression, names, values), itemUnused(expressions, names, values) for stores of typed items; int, double, string, bool, type, dyn; and all, exists, exists_one, filter and map of lists.";

impl JsonSchema for Cel {
    fn schema_name() -> Cow<'static, str> {
        "Cel".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "CEL expression",
            "type": ["string", "number", "boolean"],
            "description": CEL
        })
    }
}

/// One of a thing, or a list of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrMany<T> {
    /// The things, in their order.
    pub items: Vec<T>,
    /// Whether they were written as a list: then a place has the index in it.
    pub listed: bool,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read by way of a `Value`, because an untagged enum would lose the text of numbers.
        let value = Value::deserialize(deserializer)?;
        let listed = value.is_array();
        let items = if listed {
            serde_json::from_value(value)
        } else {
            serde_json::from_value(value).map(|item| vec![item])
        };
        Ok(Self {
            items: items.map_err(serde::de::Error::custom)?,
            listed,
        })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// A block, or the name of a profile that says it all: `stripe` stands for `{ profile: stripe }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(name) => serde_json::json!({ "profile": name }),
            block => block,
        };
        serde_json::from_value(value)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let block = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [
            { "type": "string", "description": "The name of a profile." },
            block
        ] })
    }
}
