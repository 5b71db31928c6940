//! Escrow: who may do what in which state, what the books say, and what time does.

use crate::greenhelix_script::check;

#[test]
fn funds_leave_the_payer_at_once_and_reach_the_payee_on_release() {
    check(
        "
        create_escrow payer=alice payee=bob amount=25.00 currency=USD description=`a report` conditions.delivery_by=2026-12-31T00:00:00Z => 200 payer=alice payee=bob amount=25.00 currency=USD status=pending description=`a report` conditions.delivery_by=2026-12-31T00:00:00Z created_at=2026-01-01T00:00:00Z -> E
        wallet alice 475.00
        wallet bob 500.00
        get_escrow escrow_id=$E => 200 escrow_id=$E status=pending
        advance PT1H
        release_escrow escrow_id=$E agent_id=alice => 200 escrow_id=$E status=released amount=25.00 released_at=2026-01-01T01:00:00Z
        wallet alice 475.00
        wallet bob 525.00
        get_escrow escrow_id=$E => 200 status=released
        # The currency is optional, as for the document's workflow, and nobody pays twice.
        release_escrow escrow_id=$E agent_id=alice => 409 title=`Cannot release escrow in state 'released'`
        wallet bob 525.00
        create_escrow payer=alice payee=bob amount=475.00 => 200 currency=USD status=pending
        wallet alice 0.00
        create_escrow payer=alice payee=bob amount=0.01 => 402 title~`Insufficient funds`
        ",
    );
}

#[test]
fn either_party_may_cancel_and_the_payer_has_it_back() {
    check(
        "
        create_escrow payer=alice payee=bob amount=30.00 => 200 -> E
        wallet alice 470.00
        cancel_escrow escrow_id=$E agent_id=alice => 200 status=cancelled cancelled_by=alice
        wallet alice 500.00
        wallet bob 500.00
        create_escrow payer=alice payee=bob amount=30.00 => 200 -> F
        cancel_escrow escrow_id=$F agent_id=bob => 200 status=cancelled cancelled_by=bob
        wallet alice 500.00
        wallet bob 500.00
        cancel_escrow escrow_id=$F agent_id=bob => 409 title~`Cannot cancel escrow in state`
        wallet alice 500.00
        ",
    );
}

/// How an escrow between alice and bob gets into each state.
const STATES: [(&str, &str); 5] = [
    ("pending", ""),
    (
        "released",
        "release_escrow escrow_id=$E agent_id=alice => 200",
    ),
    (
        "cancelled",
        "cancel_escrow escrow_id=$E agent_id=bob => 200",
    ),
    ("expired", "advance PT2H"),
    ("disputed", "open_dispute escrow_id=$E agent_id=bob => 200"),
];

/// Who gets what in which state: the actor is judged before the state.
#[test]
fn a_wrong_actor_is_403_and_only_then_a_wrong_state_409() {
    // What alice (the payer), bob (the payee) and a stranger get, pending and in every other state.
    let tools = [
        ("release_escrow", [200, 403, 403], [409, 403, 403]),
        ("cancel_escrow", [200, 200, 403], [409, 409, 403]),
        ("open_dispute", [200, 200, 403], [409, 409, 403]),
    ];
    let mut script = String::new();
    for (tool, pending, otherwise) in tools {
        for (state, way) in STATES {
            let expected = if state == "pending" {
                pending
            } else {
                otherwise
            };
            for (agent, status) in ["alice", "bob", "mallory"].iter().zip(expected) {
                script += &format!(
                    "
                    clock 2026-01-01T00:00:00Z
                    create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2026-01-01T01:00:00Z => 200 -> E
                    {way}
                    get_escrow escrow_id=$E => 200 status={state}
                    {tool} escrow_id=$E agent_id={agent} => {status}
                    cancel_escrow escrow_id=$E agent_id=mallory => 403 title=`Not permitted to cancel this escrow`
                    "
                );
            }
        }
    }
    check(&script);
}

#[test]
fn what_is_refused_changes_nothing() {
    check(
        "
        create_escrow payer=alice payee=bob amount=10.00 => 200 -> E
        release_escrow escrow_id=$E agent_id=bob => 403
        release_escrow escrow_id=$E agent_id=mallory => 403
        release_escrow escrow_id=$E => 422 errors.0.field=agent_id
        resolve_dispute escrow_id=$E agent_id=alice resolution=refund => 409
        get_escrow escrow_id=$E => 200 status=pending released_at=-
        wallet alice 490.00
        wallet bob 500.00
        wallet mallory none
        release_escrow escrow_id=esc_000000000000 agent_id=alice => 404 title=`Escrow not found`
        cancel_escrow escrow_id=nonsense agent_id=alice => 404 title=`Escrow not found`
        get_escrow escrow_id=esc_000000000000 => 404 title=`Escrow not found`
        open_dispute escrow_id=esc_000000000000 agent_id=alice => 404 title=`Escrow not found`
        resolve_dispute escrow_id=esc_000000000000 resolution=refund => 404 title=`Escrow not found`
        ",
    );
}

#[test]
fn delivery_by_passes_on_the_sandbox_clock() {
    check(
        "
        create_escrow payer=alice payee=bob amount=40.00 conditions.delivery_by=2026-01-02T00:00:00Z => 200 -> E
        create_escrow payer=alice payee=bob amount=5.00 => 200 -> F
        clock 2026-01-01T23:59:59.999Z
        wallet alice 455.00
        get_escrow escrow_id=$E => 200 status=pending
        # At the very instant; the wallet knows without any call in between.
        clock 2026-01-02T00:00:00Z
        wallet alice 495.00
        wallet bob 500.00
        get_escrow escrow_id=$E => 200 status=expired expired_at=2026-01-02T00:00:00Z
        release_escrow escrow_id=$E agent_id=alice => 409 title=`Cannot release escrow in state 'expired'`
        release_escrow escrow_id=$E agent_id=bob => 403
        get_trust_score agent_id=bob => 200 expired=1 completed=0 score=0.6
        get_trust_score agent_id=alice => 200 expired=0 score=0.75
        # Without a deadline nothing expires, and what has happened stays so when the clock goes back.
        advance P365D
        get_escrow escrow_id=$F => 200 status=pending
        clock 2026-01-01T00:00:00Z
        get_escrow escrow_id=$E => 200 status=expired
        wallet alice 495.00
        ",
    );
}

#[test]
fn what_is_due_happens_in_its_order_and_at_its_own_time() {
    check(
        "
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2026-01-01T03:00:00Z => 200 -> LATE
        create_escrow payer=alice payee=bob amount=2.00 conditions.delivery_by=2026-01-01T03:00:00+02:00 => 200 -> EARLY
        create_escrow payer=alice payee=bob amount=4.00 conditions.delivery_by=2026-01-01T02:00:00.5Z => 200 -> MIDDLE
        release_escrow escrow_id=$MIDDLE agent_id=alice => 200
        advance P1D
        get_escrow escrow_id=$EARLY => 200 status=expired expired_at=2026-01-01T01:00:00Z
        get_escrow escrow_id=$LATE => 200 status=expired expired_at=2026-01-01T03:00:00Z
        get_escrow escrow_id=$MIDDLE => 200 status=released expired_at=-
        get_transactions agent_id=alice => 200 transactions.0.amount=1.00 transactions.0.status=expired transactions.0.at=2026-01-01T03:00:00Z transactions.1.amount=2.00 transactions.1.at=2026-01-01T01:00:00Z
        wallet alice 496.00
        wallet bob 504.00
        ",
    );
}

#[test]
fn a_deadline_must_be_an_instant_ahead() {
    check(
        "
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2025-12-31T23:59:59Z => 422 title~conditions.delivery_by
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2026-01-01T00:00:00Z => 422 title~conditions.delivery_by
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=soon => 422 errors.0.field=conditions.delivery_by
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2026-02-30T00:00:00Z => 422 errors.0.field=conditions.delivery_by
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by:=5 => 422 errors.0.field=conditions.delivery_by
        create_escrow payer=alice payee=bob amount=1.00 conditions:=[] => 422 errors.0.field=conditions
        create_escrow payer=alice payee=bob amount=1.00 conditions:={} => 200 status=pending
        ",
    );
}

#[test]
fn a_dispute_freezes_the_escrow_until_it_is_resolved() {
    check(
        "
        create_escrow payer=alice payee=bob amount=50.00 conditions.delivery_by=2026-01-01T01:00:00Z => 200 -> E
        open_dispute escrow_id=$E agent_id=bob reason=`not paid` => 200 status=disputed disputed_by=bob dispute_reason=`not paid` disputed_at=2026-01-01T00:00:00Z
        # The deadline passes: a disputed escrow does not expire, nor can it be released or cancelled.
        advance PT2H
        get_escrow escrow_id=$E => 200 status=disputed
        wallet alice 450.00
        release_escrow escrow_id=$E agent_id=alice => 409 title=`Cannot release escrow in state 'disputed'`
        cancel_escrow escrow_id=$E agent_id=bob => 409
        open_dispute escrow_id=$E agent_id=alice => 409
        resolve_dispute escrow_id=$E agent_id=mallory resolution=refund => 403
        resolve_dispute escrow_id=$E agent_id=mallory resolution=release => 403
        # Only the payer may release, also by way of a dispute.
        resolve_dispute escrow_id=$E agent_id=bob resolution=release => 403
        resolve_dispute escrow_id=$E agent_id=alice resolution=burn => 422 errors.0.field=resolution
        resolve_dispute escrow_id=$E agent_id=alice => 422 errors.0.field=resolution
        wallet alice 450.00
        wallet bob 500.00
        ",
    );
}

#[test]
fn a_dispute_ends_either_way() {
    check(
        "
        create_escrow payer=alice payee=bob amount=50.00 => 200 -> E
        open_dispute escrow_id=$E agent_id=alice => 200 status=disputed dispute_reason=-
        resolve_dispute escrow_id=$E agent_id=alice resolution=release => 200 status=released resolution=release
        wallet alice 450.00
        wallet bob 550.00
        get_trust_score agent_id=bob => 200 completed=1 lost_disputes=0 score=0.8

        create_escrow payer=alice payee=bob amount=50.00 => 200 -> F
        open_dispute escrow_id=$F agent_id=alice => 200
        resolve_dispute escrow_id=$F agent_id=bob resolution=refund => 200 status=cancelled resolution=refund
        wallet alice 450.00
        wallet bob 550.00
        get_trust_score agent_id=bob => 200 completed=1 lost_disputes=1 score=0.6667

        # Without an agent the marketplace decides.
        create_escrow payer=alice payee=bob amount=50.00 => 200 -> G
        open_dispute escrow_id=$G agent_id=bob => 200
        resolve_dispute escrow_id=$G resolution=release => 200 status=released
        wallet alice 400.00
        wallet bob 600.00

        # A dispute ends once.
        resolve_dispute escrow_id=$E agent_id=alice resolution=refund => 409
        resolve_dispute escrow_id=$F agent_id=alice resolution=release => 409
        wallet alice 400.00
        wallet bob 600.00
        ",
    );
}

#[test]
fn escrows_are_listed_for_both_parties_oldest_first() {
    check(
        "
        create_escrow payer=alice payee=bob amount=1.00 => 200 -> A
        advance PT0.5S
        create_escrow payer=carol payee=alice amount=2.00 => 200 -> B
        advance PT0.5S
        create_escrow payer=bob payee=carol amount=3.00 => 200 -> C
        release_escrow escrow_id=$A agent_id=alice => 200
        list_escrows agent_id=alice => 200 agent_id=alice total=2 escrows.0.escrow_id=$A escrows.1.escrow_id=$B escrows.2=-
        list_escrows agent_id=alice status=pending => 200 total=1 escrows.0.escrow_id=$B
        list_escrows agent_id=alice status=released => 200 total=1 escrows.0.escrow_id=$A
        list_escrows agent_id=alice status=expired => 200 total=0 escrows=[]
        list_escrows agent_id=carol limit:=1 => 200 total=2 escrows.0.escrow_id=$B escrows.1=-
        list_escrows agent_id=nobody => 200 total=0 escrows=[]
        list_escrows agent_id=alice status=lost => 422 errors.0.field=status
        list_escrows => 422 errors.0.field=agent_id
        ",
    );
}
