//! The marketplace: services that are found, in their order, and listings that one agent takes.

use crate::greenhelix_script::check;

#[test]
fn services_are_registered_and_found() {
    check(
        "
        register_service agent_id=bob name=`Data Enrichment` description=`cleans addresses` price=5.00 tags:=[\"csv\",\"Geo\"] => 200 agent_id=bob name=`Data Enrichment` price=5.00 currency=USD created_at=2026-01-01T00:00:00Z tags.1=Geo -> S
        register_service agent_id=carol name=translation => 200 price=0.00 description=- -> T
        search_services => 200 total=2
        search_services query=`data enrich` => 200 total=1 services.0.service_id=$S services.0.agent_id=bob services.0.price=5.00
        search_services query=ADDRESSES => 200 total=1 services.0.service_id=$S
        search_services query=geo => 200 total=1 services.0.service_id=$S
        search_services query=TRANSLATION => 200 total=1 services.0.service_id=$T
        search_services query=plumbing => 200 total=0 services=[]
        register_service agent_id=bob => 422 errors.0.field=name
        register_service agent_id=bob name=x price=-5 => 422 errors.0.field=price
        search_services limit:=0 => 422 errors.0.field=limit
        search_services => 200 total=2
        ",
    );
}

#[test]
fn agents_that_delivered_come_first_then_the_cheapest() {
    check(
        "
        register_service agent_id=dear name=work price=10.00 => 200 -> DEAR
        register_service agent_id=cheap name=work price=9.50 => 200 -> CHEAP
        register_service agent_id=proven name=work price=99.00 => 200 -> PROVEN
        search_services query=work => 200 services.0.service_id=$CHEAP services.1.service_id=$DEAR services.2.service_id=$PROVEN
        create_escrow payer=alice payee=proven amount=1.00 => 200 -> E
        search_services query=work => 200 services.0.service_id=$CHEAP
        release_escrow escrow_id=$E agent_id=alice => 200
        search_services query=work => 200 services.0.service_id=$PROVEN services.1.service_id=$CHEAP services.2.service_id=$DEAR
        search_services query=work limit:=1 => 200 total=3 services.0.service_id=$PROVEN services.1=-
        ",
    );
}

#[test]
fn test_agents_are_left_out_of_rankings() {
    check(
        "
        register_service agent_id=test-bob name=work price=0.01 => 200 agent_id=test-bob
        register_service agent_id=bob name=work price=5.00 => 200 -> S
        # Only the prefix counts.
        register_service agent_id=latest-bob name=work price=6.00 => 200 -> T
        create_escrow payer=alice payee=test-bob amount=1.00 => 200 -> E
        release_escrow escrow_id=$E agent_id=alice => 200
        search_services query=work => 200 total=2 services.0.service_id=$S services.1.service_id=$T services.2=-
        search_services agent_id=test-bob => 200 total=2
        # It is an agent like any other in everything else.
        get_agent_identity agent_id=test-bob => 200 test_agent=true services.0.name=work
        get_trust_score agent_id=test-bob => 200 completed=1
        get_balance agent_id=test-bob => 200 balance=501.00
        ",
    );
}

#[test]
fn a_listing_goes_to_one_taker() {
    check(
        "
        create_listing agent_id=alice title=`a lamp` description=brass price=20.00 => 200 agent_id=alice title=`a lamp` description=brass price=20.00 currency=USD status=open accepted_by=- -> L
        accept_listing listing_id=$L agent_id=alice => 403
        accept_listing listing_id=$L agent_id=bob => 200 listing_id=$L status=accepted accepted_by=bob accepted_at=2026-01-01T00:00:00Z
        accept_listing listing_id=$L agent_id=carol => 409 title=`Cannot accept listing in state 'accepted'`
        accept_listing listing_id=$L agent_id=bob => 409
        # Its maker is refused for being its maker, whatever the state; and who came too late is unknown.
        accept_listing listing_id=$L agent_id=alice => 403
        wallet carol none
        accept_listing listing_id=lst_000000000000 agent_id=bob => 404 title=`Listing not found`
        accept_listing agent_id=bob => 422 errors.0.field=listing_id
        create_listing agent_id=alice => 422 errors.0.field=title
        ",
    );
}
