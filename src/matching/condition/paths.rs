//! What an expression asks of one of its names: the members, as deep as they are written out.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};

/// The members of the variable `name` that an expression asks for, in their order, each once: `a.b` as
/// `["a", "b"]`. The tree is as deep as the checks at load have let it be.
pub(super) fn of(root: &IdedExpr, name: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    walk(root, name, &mut found);
    found
}

fn walk(node: &IdedExpr, name: &str, found: &mut Vec<Vec<String>>) {
    if let Some(path) = path(node, name).filter(|path| !path.is_empty()) {
        if !found.contains(&path) {
            found.push(path);
        }
        return;
    }
    let mut all = |nodes: &[&IdedExpr]| nodes.iter().for_each(|node| walk(node, name, found));
    match &node.expr {
        Expr::Select(select) => all(&[&*select.operand]),
        Expr::List(list) => all(&list.elements.iter().collect::<Vec<_>>()),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    all(&[&entry.key, &entry.value]);
                }
            }
        }
        Expr::Comprehension(inner) => all(&[
            &inner.iter_range,
            &inner.accu_init,
            &inner.loop_cond,
            &inner.loop_step,
            &inner.result,
        ]),
        Expr::Call(call) => {
            all(&call
                .target
                .iter()
                .map(|target| &**target)
                .collect::<Vec<_>>());
            all(&call.args.iter().collect::<Vec<_>>());
        }
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) => {}
    }
}

/// The path of a node that is the variable or one of its members.
fn path(node: &IdedExpr, name: &str) -> Option<Vec<String>> {
    match &node.expr {
        Expr::Ident(ident) => (ident == name).then(Vec::new),
        Expr::Select(select) => {
            let mut path = path(&select.operand, name)?;
            path.push(select.field.clone());
            Some(path)
        }
        Expr::Call(call) => member(call, name),
        _ => None,
    }
}

/// `x["a"]`, and `dig(x, "a.b", …)`.
fn member(call: &CallExpr, name: &str) -> Option<Vec<String>> {
    let (of, at) = (call.args.first()?, call.args.get(1)?);
    let Expr::Literal(LiteralValue::String(at)) = &at.expr else {
        return None;
    };
    let mut path = path(of, name)?;
    match call.func_name.as_str() {
        operators::INDEX => path.push(at.inner().to_owned()),
        "dig" => path.extend(at.inner().split('.').map(str::to_owned)),
        _ => return None,
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::super::Expression;

    #[test]
    fn members_are_found_as_deep_as_they_are_written() {
        for (source, paths) in [
            ("input", &[][..]),
            ("input.a.b == 1 && has(input.c)", &["a.b", "c"]),
            (
                "dig(input, 'a.b', false) || input['a'] == item.x",
                &["a.b", "a"],
            ),
            (
                "!input.list.all(one, dig(one, 'x', input.y) == 1)",
                &["list", "y"],
            ),
            ("dig(input, 'd', []).map(id, lower(id))", &["d"]),
            (
                "has(input.a) ? [input.b] : {'x': input.c}",
                &["a", "b", "c"],
            ),
            ("input.a + input.a", &["a"]),
            ("input.t.startsWith(input.u)", &["t", "u"]),
        ] {
            let expression = Expression::compile(source, &["input", "item"]).expect(source);
            let found = expression.paths("input");
            let found: Vec<String> = found.iter().map(|path| path.join(".")).collect();
            assert_eq!(found, paths, "{source}");
        }
    }
}
