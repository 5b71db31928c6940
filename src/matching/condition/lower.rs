//! What is checked of an expression at load, and the calls that are rewritten into what the crate
//! can evaluate: one walk over its syntax tree.

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue, SourceInfo, operators,
};

use super::error::ExpressionError;
use super::functions::{ELEMENTS, ELEMENTS_NESTED, EQUAL, HOLDS, NOT_EQUAL, STRING};
use super::sandbox::{SANDBOX, is_hidden};
use super::signature::{
    Signature, Style, TYPE_NAMES, nearest, nearest_callable, of_function, of_macro,
};
use super::{COMPREHENSIONS_NESTED_MAX, DEPTH_MAX, money, time};

type Checked = Result<(), ExpressionError>;

/// The operators that are evaluated as they are.
const OPERATORS: [&str; 16] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
];

/// A walk over one expression.
pub(super) struct Lowering<'a> {
    source: &'a str,
    places: &'a SourceInfo,
    variables: &'a [&'a str],
    /// The names that enclosing macros bind: theirs and the author's.
    locals: Vec<String>,
    macros_open: usize,
    macros_seen: usize,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(source: &'a str, places: &'a SourceInfo, variables: &'a [&'a str]) -> Self {
        Self {
            source,
            places,
            variables,
            locals: Vec::new(),
            macros_open: 0,
            macros_seen: 0,
        }
    }

    /// Checks and rewrites a whole expression.
    pub(super) fn root(&mut self, root: &mut IdedExpr) -> Checked {
        self.expression(root, DEPTH_MAX)
    }

    fn expression(&mut self, node: &mut IdedExpr, levels: usize) -> Checked {
        let Some(levels) = levels.checked_sub(1) else {
            return self.refuse(
                node.id,
                format!("the expression is more than {DEPTH_MAX} levels deep"),
            );
        };
        let id = node.id;
        match &mut node.expr {
            Expr::Unspecified => self.refuse(id, "the expression cannot be read"),
            Expr::Literal(LiteralValue::Bytes(_)) => {
                self.refuse(id, "bytes literals are not supported; write a text")
            }
            Expr::Literal(LiteralValue::UInt(_)) => {
                self.refuse(id, "unsigned numbers are not supported; leave out the `u`")
            }
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(id, name),
            Expr::Select(select) => self.expression(&mut select.operand, levels),
            Expr::List(list) => self.all(&mut list.elements, levels),
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    match &mut entry.expr {
                        EntryExpr::MapEntry(entry) => {
                            self.expression(&mut entry.key, levels)?;
                            self.expression(&mut entry.value, levels)?;
                        }
                        EntryExpr::StructField(_) => return self.refuse_message(id),
                    }
                }
                Ok(())
            }
            Expr::Struct(_) => self.refuse_message(id),
            Expr::Comprehension(comprehension) => self.comprehension(id, comprehension, levels),
            Expr::Call(_) => self.call(node, levels),
        }
    }

    fn all(&mut self, nodes: &mut [IdedExpr], levels: usize) -> Checked {
        nodes
            .iter_mut()
            .try_for_each(|node| self.expression(node, levels))
    }

    /// A name is bound by a macro, a variable in scope, or a type.
    fn name(&self, id: u64, name: &str) -> Checked {
        let local = self.locals.iter().any(|local| local == name);
        if local || self.variables.contains(&name) || TYPE_NAMES.contains(&name) {
            return Ok(());
        }
        let locals = self.locals.iter().map(String::as_str);
        let locals = locals.filter(|local| !local.starts_with('@'));
        let nearest = nearest(name, self.variables.iter().copied().chain(locals));
        self.refuse(
            id,
            format!("unknown variable `{name}`{}", suggestion(nearest)),
        )
    }

    fn comprehension(
        &mut self,
        id: u64,
        comprehension: &mut ComprehensionExpr,
        levels: usize,
    ) -> Checked {
        // The call that the range is put into is one more level.
        self.expression(&mut comprehension.iter_range, levels.saturating_sub(1))?;
        if self.macros_open == COMPREHENSIONS_NESTED_MAX {
            return self.refuse(
                id,
                format!(
                    "`all`, `exists`, `map` and `filter` may be nested at most \
                     {COMPREHENSIONS_NESTED_MAX} levels deep"
                ),
            );
        }
        self.expression(&mut comprehension.accu_init, levels)?;
        let locals = self.locals.len();
        self.locals.push(comprehension.accu_var.clone());
        self.locals.push(comprehension.iter_var.clone());
        self.locals.extend(comprehension.iter_var2.clone());
        self.macros_open += 1;
        let seen = self.macros_seen;
        self.expression(&mut comprehension.loop_cond, levels)?;
        self.expression(&mut comprehension.loop_step, levels)?;
        self.expression(&mut comprehension.result, levels)?;
        let nested = self.macros_open > 1 || self.macros_seen > seen;
        self.macros_seen += 1;
        self.macros_open -= 1;
        self.locals.truncate(locals);
        let bounded = if nested { ELEMENTS_NESTED } else { ELEMENTS };
        let range = std::mem::take(&mut comprehension.iter_range);
        comprehension.iter_range = call(range.id, bounded, vec![range]);
        Ok(())
    }

    fn call(&mut self, node: &mut IdedExpr, levels: usize) -> Checked {
        let id = node.id;
        let Expr::Call(call) = &mut node.expr else {
            return Ok(());
        };
        let name = call.func_name.as_str();
        if call.target.is_none() {
            let own = match name {
                operators::EQUALS => Some(EQUAL),
                operators::NOT_EQUALS => Some(NOT_EQUAL),
                operators::IN => Some(HOLDS),
                _ => None,
            };
            if own.is_some() || OPERATORS.contains(&name) {
                self.all(&mut call.args, levels)?;
                // A bool or null equals nothing but its own kind: the crate's operator will do.
                if let Some(own) =
                    own.filter(|own| *own == HOLDS || !call.args.iter().any(is_plain))
                {
                    call.func_name = own.to_owned();
                }
                return Ok(());
            }
        }
        let signature = self.signature(id, call)?;
        let target = call.target.take().map(|target| *target);
        let mut arguments: Vec<IdedExpr> = target.into_iter().chain(call.args.drain(..)).collect();
        self.count(id, signature, arguments.len())?;
        if let Some(last) = arguments.last_mut() {
            self.literal(signature.name, last)?;
        }
        // A call that reads the sandbox puts its arguments into a list: one more level.
        let list = usize::from(is_hidden(signature.name));
        self.all(&mut arguments, levels.saturating_sub(list))?;
        node.expr = lowered(id, signature.name, arguments);
        Ok(())
    }

    /// What is called, if it may be called in this style.
    fn signature(&self, id: u64, call: &CallExpr) -> Result<&'static Signature, ExpressionError> {
        let name = call.func_name.as_str();
        let method = call.target.is_some();
        let refusal = match (of_function(name), of_macro(name)) {
            (Some(signature), _) if method && signature.style == Style::Function => {
                match of_macro(name) {
                    Some(form) => format!("write {form}"),
                    None => format!(
                        "`{name}` is not a method; write `{name}{}`",
                        signature.expected
                    ),
                }
            }
            (Some(signature), _) if !method && signature.style == Style::Method => {
                format!("`{name}` is a method; write `{}`", signature.expected)
            }
            (Some(signature), _) => return Ok(signature),
            (None, Some(form)) => format!("write {form}"),
            (None, None) => {
                format!(
                    "unknown function `{name}`{}",
                    suggestion(nearest_callable(name))
                )
            }
        };
        Err(self.refusal_at(self.called_at(id, name), refusal))
    }

    fn count(&self, id: u64, signature: &Signature, found: usize) -> Checked {
        let (least, most) = signature.arguments;
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let Signature { name, expected, .. } = signature;
        let message = format!("`{name}` takes {expected}; found {found} arguments");
        Err(self.refusal_at(self.called_at(id, name), message))
    }

    /// Refuses a literal that its function cannot read. A double in `money(…)` becomes its text:
    /// `money(0.1)` is exactly a tenth.
    fn literal(&self, function: &str, argument: &mut IdedExpr) -> Checked {
        let Expr::Literal(literal) = &mut argument.expr else {
            return Ok(());
        };
        let id = argument.id;
        match (function, &*literal) {
            ("money", LiteralValue::Double(double)) => {
                let sign = if double.is_sign_negative() { "-" } else { "" };
                let text = format!("{sign}{}", self.written(id).trim_start_matches('-'));
                if money::parse(&text).is_none() {
                    return self.refuse(id, format!("`{text}` is not an exact decimal amount"));
                }
                *literal = LiteralValue::String(text.into());
                Ok(())
            }
            ("money", LiteralValue::String(text)) if money::parse(text).is_none() => self.refuse(
                id,
                format!("`{}` is not an exact decimal amount", text.inner()),
            ),
            ("instant", LiteralValue::String(text)) if time::parse_instant(text).is_none() => {
                self.refuse(id, format!("`{}` is not an RFC 3339 time", text.inner()))
            }
            ("calls" | "within", LiteralValue::String(text))
                if time::parse_window(text).is_none() =>
            {
                let message = "is not a window such as `30s`, `5m`, `1h`, `1d` or `PT5M`";
                self.refuse(id, format!("`{}` {message}", text.inner()))
            }
            ("matches", LiteralValue::String(pattern)) => match regex::Regex::new(pattern) {
                Ok(_) => Ok(()),
                Err(error) => {
                    // The last line says what is wrong; those before it draw the pattern.
                    let text = error.to_string();
                    let reason = text.lines().last().unwrap_or_default();
                    let reason = reason.trim_start_matches("error: ");
                    let pattern = pattern.inner();
                    let message = format!("`{pattern}` is not a regular expression: {reason}");
                    self.refuse(id, message)
                }
            },
            _ => Ok(()),
        }
    }

    fn refuse_message(&self, id: u64) -> Checked {
        let message = "messages are not supported; write a map, as in `{\"key\": value}`";
        self.refuse(id, message)
    }

    fn refuse(&self, id: u64, message: impl Into<String>) -> Checked {
        Err(self.refusal_at(self.start(id), message.into()))
    }

    fn refusal_at(&self, offset: usize, message: String) -> ExpressionError {
        ExpressionError { offset, message }
    }

    /// The byte at which the parser says that a node starts; it counts characters.
    fn start(&self, id: u64) -> usize {
        let (start, _) = self.places.offset_for(id).unwrap_or_default();
        self.byte(start as usize)
    }

    fn byte(&self, character: usize) -> usize {
        let mut bytes = self.source.char_indices().map(|(at, _)| at);
        bytes.nth(character).unwrap_or(self.source.len())
    }

    /// What the author wrote for a token.
    fn written(&self, id: u64) -> &str {
        let (start, stop) = self.places.offset_for(id).unwrap_or_default();
        let (start, end) = (self.byte(start as usize), self.byte(stop as usize + 1));
        self.source.get(start..end).unwrap_or_default()
    }

    /// Where the name of a call stands: the parser gives the bracket behind it.
    fn called_at(&self, id: u64, name: &str) -> usize {
        let bracket = self.start(id);
        let before = self.source[..bracket].trim_end();
        match before.strip_suffix(name) {
            Some(start) => start.len(),
            None => bracket,
        }
    }
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn call(id: u64, function: &str, args: Vec<IdedExpr>) -> IdedExpr {
    let call = CallExpr {
        func_name: function.to_owned(),
        target: None,
        args,
    };
    IdedExpr {
        id,
        expr: Expr::Call(call),
    }
}

/// Whether an operand of `==` is a literal that only equals its own kind.
fn is_plain(operand: &IdedExpr) -> bool {
    matches!(
        operand.expr,
        Expr::Literal(LiteralValue::Boolean(_) | LiteralValue::Null)
    )
}

/// The call of a function as the crate can evaluate it.
fn lowered(id: u64, name: &str, mut arguments: Vec<IdedExpr>) -> Expr {
    if is_hidden(name) {
        let literal = LiteralValue::String(name.to_owned().into());
        let function = IdedExpr {
            id,
            expr: Expr::Literal(literal),
        };
        arguments.insert(0, function);
        let sandbox = IdedExpr {
            id,
            expr: Expr::Ident(SANDBOX.to_owned()),
        };
        let index = IdedExpr {
            id,
            expr: Expr::List(ListExpr::new(arguments)),
        };
        return call(id, operators::INDEX, vec![sandbox, index]).expr;
    }
    let method = of_function(name).is_some_and(|signature| signature.style == Style::Method);
    if (method || name == "matches") && !arguments.is_empty() {
        let target = Some(Box::new(arguments.remove(0)));
        return Expr::Call(CallExpr {
            func_name: name.to_owned(),
            target,
            args: arguments,
        });
    }
    let function = if name == "string" { STRING } else { name };
    call(id, function, arguments).expr
}
