//! Identity, trust and metrics: they follow from what happened and what was submitted.

use serde_json::json;

use crate::greenhelix_script::{check, run, serve};

#[test]
fn only_an_agent_that_was_named_has_an_identity() {
    for tool in [
        "get_agent_identity",
        "get_trust_score",
        "get_agent_metrics",
        "submit_metrics",
    ] {
        check(&format!(
            "
            {tool} agent_id=ghost => 404 title=`Unknown agent: ghost`
            wallet ghost none
            {tool} agent_id=ghost => 404
            create_escrow payer=alice payee=ghost amount=1.00 => 200
            {tool} agent_id=ghost => 200 agent_id=ghost
            {tool} => 422 errors.0.field=agent_id
            "
        ));
    }
}

#[test]
fn an_identity_says_since_when_and_for_what_an_agent_is_known() {
    check(
        "
        clock 2026-01-03T00:00:00Z
        get_balance agent_id=bob => 200
        clock 2026-01-05T00:00:00Z
        register_service agent_id=bob name=work price=2.00 => 200 -> S
        register_service agent_id=carol name=play => 200
        get_agent_identity agent_id=bob => 200 agent_id=bob created_at=2026-01-03T00:00:00Z test_agent=false services.0.service_id=$S services.1=- error=-
        ",
    );
}

#[test]
fn trust_follows_from_what_became_of_escrows() {
    check(
        "
        get_balance agent_id=bob => 200
        get_trust_score agent_id=bob => 200 score=0.75 completed=0 expired=0 lost_disputes=0
        # Made, cancelled, disputed: nothing has come of it yet.
        create_escrow payer=alice payee=bob amount=1.00 => 200 -> A
        create_escrow payer=alice payee=bob amount=1.00 => 200 -> B
        create_escrow payer=alice payee=bob amount=1.00 => 200 -> C
        create_escrow payer=alice payee=bob amount=1.00 conditions.delivery_by=2026-01-02T00:00:00Z => 200
        cancel_escrow escrow_id=$A agent_id=bob => 200
        open_dispute escrow_id=$C agent_id=alice => 200
        get_trust_score agent_id=bob => 200 score=0.75
        # A delivery raises it, for both.
        release_escrow escrow_id=$B agent_id=alice => 200
        get_trust_score agent_id=bob => 200 score=0.8 completed=1
        get_trust_score agent_id=alice => 200 score=0.8 completed=1
        # A dispute that is lost lowers it, and so does a deadline that passes; the payer's stays.
        resolve_dispute escrow_id=$C agent_id=bob resolution=refund => 200
        get_trust_score agent_id=bob => 200 score=0.6667 completed=1 lost_disputes=1
        clock 2026-01-02T00:00:00Z
        get_trust_score agent_id=bob => 200 score=0.5714 completed=1 expired=1 lost_disputes=1
        get_trust_score agent_id=alice => 200 score=0.8
        # A refused release is no delivery.
        release_escrow escrow_id=$B agent_id=alice => 409
        release_escrow escrow_id=$B agent_id=bob => 403
        get_trust_score agent_id=bob => 200 completed=1
        ",
    );
}

#[test]
fn metrics_are_what_was_submitted_within_the_window() {
    check(
        "
        get_balance agent_id=bob => 200
        submit_metrics agent_id=bob request_count:=100 error_rate:=0.02 mean_latency_ms:=80 => 200 agent_id=bob accepted=true submitted_at=2026-01-01T00:00:00Z
        get_agent_metrics agent_id=bob window=5m => 200 window=5m request_count=100 error_rate=0.02 mean_latency_ms=80.0
        clock 2026-01-01T00:04:00Z
        # The same figures in an object of their own; counts add up, the latency is weighted.
        submit_metrics agent_id=bob metrics:={\"request_count\":300,\"error_count\":30,\"mean_latency_ms\":120.5} => 200
        get_agent_metrics agent_id=bob => 200 window=5m request_count=400 error_rate=0.08 mean_latency_ms=110.38
        clock 2026-01-01T00:05:00Z
        get_agent_metrics agent_id=bob window=5m => 200 request_count=400
        clock 2026-01-01T00:05:01Z
        get_agent_metrics agent_id=bob window=5m => 200 request_count=300 error_rate=0.1 mean_latency_ms=120.5
        get_agent_metrics agent_id=bob window=1h => 200 request_count=400
        # Nobody else's.
        create_wallet agent_id=carol => 200
        submit_metrics agent_id=carol request_count:=1 error_count:=1 => 200
        get_agent_metrics agent_id=bob window=1d => 200 request_count=400 error_rate=0.08
        get_agent_metrics agent_id=carol => 200 request_count=1 error_rate=1.0
        ",
    );
}

#[test]
fn metrics_without_a_submission_are_the_agents_own_calls() {
    let server = serve();
    run(
        &server,
        "
        get_balance agent_id=bob => 200
        get_agent_metrics agent_id=bob => 200 request_count=1 error_rate=0.0 mean_latency_ms=0.0
        withdraw agent_id=bob amount=900.00 => 402
        create_escrow payer=bob payee=alice amount=1.00 => 200
        # Three calls so far and these metrics' own first one: one of four was refused.
        get_agent_metrics agent_id=bob => 200 request_count=4 error_rate=0.25
        # Who was only named by others has made no calls.
        get_agent_metrics agent_id=alice => 200 request_count=0 error_rate=0.0
        ",
    );
    // What the tester breaks, the agent has met.
    let error = json!({ "status": 500, "tool": "get_balance" });
    server.post("/__admin/errors", &error).expect(201);
    run(
        &server,
        "
        get_balance agent_id=alice => 500
        get_agent_metrics agent_id=alice => 200 request_count=2 error_rate=0.5
        clock 2026-01-01T02:00:00Z
        get_agent_metrics agent_id=bob window=1h => 200 request_count=0 error_rate=0.0
        get_agent_metrics agent_id=bob window=1d => 200 request_count=6 error_rate=0.1667
        ",
    );
}

#[test]
fn figures_that_cannot_be_are_refused() {
    let bad = [
        ("error_rate:=1.5", "error_rate"),
        ("error_rate:=-0.1", "error_rate"),
        ("error_rate=high", "error_rate"),
        ("request_count:=-1", "request_count"),
        ("request_count:=1.5", "request_count"),
        ("request_count:=1e300", "request_count"),
        ("mean_latency_ms:=1e300", "mean_latency_ms"),
        ("mean_latency_ms:=-1", "mean_latency_ms"),
        ("metrics.error_rate:=2", "metrics.error_rate"),
    ];
    let mut script = "get_balance agent_id=bob => 200\n".to_owned();
    for (member, field) in bad {
        script += &format!("submit_metrics agent_id=bob {member} => 422 errors.0.field={field}\n");
    }
    script += "
        submit_metrics agent_id=bob request_count:=3 error_count:=4 => 422 title~error_count
        get_agent_metrics agent_id=bob window=0m => 422 errors.0.field=window
        get_agent_metrics agent_id=bob window=5 => 422 errors.0.field=window
        get_agent_metrics agent_id=bob window=soon => 422 errors.0.field=window
        get_agent_metrics agent_id=bob window=999999d => 200 source=observed
        ";
    check(&script);
}
