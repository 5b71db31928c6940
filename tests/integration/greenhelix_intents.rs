//! Payment intents: held now, taken later, in whole or in part, and given back.

use crate::greenhelix_script::check;

#[test]
fn an_intent_is_captured_in_whole() {
    check(
        "
        create_intent payer=alice payee=shop amount=60.00 currency=USD description=order => 200 payer=alice payee=shop amount=60.00 currency=USD status=pending description=order captured_amount=- -> I
        wallet alice 440.00
        wallet shop 500.00
        capture_intent intent_id=$I agent_id=shop => 200 intent_id=$I status=captured amount=60.00 captured_amount=60.00
        wallet alice 440.00
        wallet shop 560.00
        capture_intent intent_id=$I agent_id=shop => 409 title=`Cannot capture intent in state 'captured'`
        wallet shop 560.00
        ",
    );
}

#[test]
fn a_part_is_captured_and_the_rest_goes_back() {
    check(
        "
        create_intent payer=alice payee=shop amount=60.00 => 200 -> I
        capture_intent intent_id=$I amount=60.01 => 422 title~amount
        capture_intent intent_id=$I amount=0.00 => 422 errors.0.field=amount
        wallet alice 440.00
        capture_intent intent_id=$I agent_id=shop amount=20.50 => 200 status=captured amount=60.00 captured_amount=20.50
        wallet alice 479.50
        wallet shop 520.50
        # What is given back afterwards is what was taken.
        refund_intent intent_id=$I agent_id=shop => 200 status=refunded captured_amount=20.50
        wallet alice 500.00
        wallet shop 500.00
        ",
    );
}

#[test]
fn a_refund_gives_back_what_is_held_or_was_paid() {
    check(
        "
        create_intent payer=alice payee=shop amount=60.00 => 200 -> HELD
        refund_intent intent_id=$HELD agent_id=alice => 200 status=refunded
        wallet alice 500.00
        wallet shop 500.00
        refund_intent intent_id=$HELD agent_id=alice => 409 title=`Cannot refund intent in state 'refunded'`
        capture_intent intent_id=$HELD agent_id=shop => 409 title=`Cannot capture intent in state 'refunded'`

        create_intent payer=alice payee=shop amount=60.00 => 200 -> PAID
        capture_intent intent_id=$PAID => 200 status=captured
        wallet shop 560.00
        refund_intent intent_id=$PAID => 200 status=refunded
        wallet alice 500.00
        wallet shop 500.00
        refund_intent intent_id=$PAID => 409
        wallet alice 500.00

        # A payee that has spent it has nothing to give back.
        create_intent payer=alice payee=shop amount=60.00 => 200 -> SPENT
        capture_intent intent_id=$SPENT => 200
        withdraw agent_id=shop amount=560.00 => 200 balance=0.00
        refund_intent intent_id=$SPENT agent_id=shop => 402 title~`Insufficient funds`
        wallet alice 440.00
        deposit agent_id=shop amount=60.00 => 200
        refund_intent intent_id=$SPENT agent_id=shop => 200 status=refunded
        wallet alice 500.00
        wallet shop 0.00
        ",
    );
}

#[test]
fn strangers_are_refused_in_every_state() {
    check(
        "
        create_intent payer=alice payee=shop amount=10.00 => 200 -> I
        capture_intent intent_id=$I agent_id=mallory => 403 title=`Not permitted to capture this intent`
        refund_intent intent_id=$I agent_id=mallory => 403 title=`Not permitted to refund this intent`
        capture_intent intent_id=$I agent_id=shop => 200
        capture_intent intent_id=$I agent_id=mallory => 403
        refund_intent intent_id=$I agent_id=mallory => 403
        refund_intent intent_id=$I agent_id=shop => 200
        capture_intent intent_id=$I agent_id=mallory => 403
        refund_intent intent_id=$I agent_id=mallory => 403
        wallet mallory none
        wallet alice 500.00
        capture_intent intent_id=int_000000000000 => 404 title=`Intent not found`
        refund_intent intent_id=int_000000000000 => 404 title=`Intent not found`
        create_intent payer=alice payee=alice amount=10.00 => 422
        create_intent payer=alice payee=shop amount=500.01 => 402 title~`Insufficient funds`
        wallet alice 500.00
        ",
    );
}
