//! Forms: what their names are, and what nothing is in them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// How forms and queries are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// What their names are.
    pub style: FormStyle,
    /// Whether an empty text in them is null.
    pub empty_is_null: bool,
}

/// What the names of forms and queries are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FormStyle {
    /// Names.
    #[default]
    Flat,
    /// Paths: `metadata[color]=red` is an object, `expand[]=a&expand[]=b` a list, `items[0][price]=p` a
    /// list of objects. What a tool's `input` wants as an integer, a number or a boolean is read as one,
    /// inside too; and `metadata[0]=x` is an object where `input` wants one. Names that contradict each
    /// other (`a=1&a[b]=2`), of more than 20 steps, or with a number above 999 are refused as
    /// `malformed_body`.
    Nested,
}

impl<'de> Deserialize<'de> for Forms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (style, empty_is_null) = match Value::deserialize(deserializer)? {
            Value::Object(mut members) => {
                let style = members.shift_remove("style").unwrap_or("flat".into());
                (style, members.get("empty") == Some(&Value::Null))
            }
            style => (style, false),
        };
        Ok(Self {
            style: serde_json::from_value(style).map_err(D::Error::custom)?,
            empty_is_null,
        })
    }
}

impl JsonSchema for Forms {
    fn schema_name() -> Cow<'static, str> {
        "Forms".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let style = generator.subschema_for::<FormStyle>();
        json_schema!({ "anyOf": [
            style,
            {
                "type": "object",
                "properties": {
                    "style": style,
                    "empty": {
                        "description": "What an empty text is: null, or an empty text, as it is if left out.",
                        "enum": [null, "text"]
                    }
                },
                "additionalProperties": false
            }
        ] })
    }
}
