//! Looks into the sandbox.

use super::expression::{Scope, document};
use super::ledger::check_currency;
use super::report::{Place, Report};
use super::step::{Context, check_collection};
use crate::definition::compiled::{ListQuery, QuerySpec, SortKey};
use crate::definition::model::{OrderBy, Query};

/// Compiles a query.
pub(super) fn query(
    model: &Query,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<QuerySpec> {
    let scope = &context.scope;
    let limit = scope.optional(model.limit.as_ref(), &place.at("limit"), report);
    let currency = scope.optional(model.currency.as_ref(), &place.at("currency"), report);
    check_currency(
        model.currency.as_ref(),
        context.names,
        &place.at("currency"),
        report,
    );
    let fields = scope.optional(model.fields.as_ref(), &place.at("fields"), report);
    if model.fields.is_some() && model.list.is_none() && model.pick.is_none() {
        report.error_at_key(
            &place.at("fields"),
            "`fields` says what `list` and `pick` show",
            "there is neither",
        );
    }
    if model.over.is_some() && model.document.is_none() {
        report.error_at_key(
            &place.at("over"),
            "`over` says what a `document` is laid over",
            "there is none",
        );
    }
    let looked = (
        &model.list,
        &model.transfers,
        &model.account,
        &model.pick,
        &model.document,
    );
    match looked {
        (Some(collection), None, None, None, None) => {
            let known = check_collection(collection, context, &place.at("list"), report);
            let found = list(model, collection, limit, scope, place, report)?;
            known.then_some(QuerySpec::List(ListQuery { fields, ..found }))
        }
        (None, Some(account), None, None, None) => Some(QuerySpec::Transfers {
            account: scope.expression(account, &place.at("transfers"), report)?,
            currency,
            limit,
        }),
        (None, None, Some(account), None, None) => Some(QuerySpec::Account {
            account: scope.expression(account, &place.at("account"), report)?,
            currency,
        }),
        (None, None, None, Some(of), None) => Some(QuerySpec::Pick {
            of: scope.expression(of, &place.at("pick"), report)?,
            fields,
        }),
        (None, None, None, None, Some(value)) => {
            let place_of = place.at("document");
            let made = document(value, Some(scope), &place_of, report);
            let over = match &model.over {
                None => None,
                Some(_) if !value.is_object() => {
                    let message = "only an object is laid over another";
                    report.error(&place_of, message, "expected an object");
                    return None;
                }
                Some(over) => Some(scope.expression(over, &place.at("over"), report)?),
            };
            Some(QuerySpec::Document {
                document: made?,
                over,
            })
        }
        _ => {
            report.error(
                place,
                "a query looks for one thing",
                "expected one of list, transfers, account, pick, document",
            );
            None
        }
    }
}

fn list(
    model: &Query,
    collection: &str,
    limit: Option<crate::matching::condition::Expression>,
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<ListQuery> {
    let scope = scope.with("record");
    let filter = model.filter.as_ref();
    let filter = filter.map(|cel| scope.expression(cel, &place.at("where"), report));
    let order = self::order(&model.order_by, &scope, &place.at("orderBy"), report);
    let mut whole = true;
    let mut sums = Vec::new();
    for (name, cel) in &model.sum {
        let place = place.at("sum").at(name);
        match scope.expression(cel, &place, report) {
            Some(sum) => sums.push((name.clone(), sum)),
            None => whole = false,
        }
    }
    let filter = match filter {
        None => None,
        Some(filter) => Some(filter?),
    };
    let order = order?;
    whole.then(|| ListQuery {
        collection: collection.into(),
        filter,
        order,
        limit,
        fields: None,
        sums,
    })
}

/// Compiles an order; nothing, if one of its expressions is wrong.
pub(super) fn order(
    models: &[OrderBy],
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<SortKey>> {
    let keys = models.iter().enumerate().map(|(at, key)| {
        let by = scope.expression(&key.by, &place.at(at).at("by"), report)?;
        Some(SortKey {
            by,
            descending: key.descending,
        })
    });
    // All are compiled, so that each mistake is told.
    let keys: Vec<Option<SortKey>> = keys.collect();
    keys.into_iter().collect()
}
