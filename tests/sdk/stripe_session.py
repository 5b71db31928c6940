"""Stripe's own SDK against the pack `stripe`: pages, payments, refunds, webhooks, and what goes wrong."""

import json
import sys
import threading
import unittest
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)
CARD = {"currency": "usd", "payment_method_types": ["card"]}


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        stripe.api_key = "sk_test_sparring"
        stripe.api_base = f"{BASE_URL}/stripe"
        stripe.max_network_retries = 0

    def refused(self, error, call, *arguments, **parameters):
        """Calls, and gives the exception that the SDK raises."""
        with self.assertRaises(error) as raised:
            call(*arguments, **parameters)
        return raised.exception

    def pay(self, amount=2000, card="pm_card_visa", **more):
        return stripe.PaymentIntent.create(amount=amount, payment_method=card, confirm=True, **CARD, **more)

    def statuses(self, tool):
        return [call["status"] for call in ADMIN.calls() if call["tool"] in (tool, f"stripe.{tool}")]


class Pages(Session):
    def test_every_list_to_its_end(self):
        for resource, rows in [
            (stripe.Customer, 42),
            (stripe.PaymentIntent, 42),
            (stripe.Charge, 42),
            (stripe.Refund, 33),
            (stripe.BalanceTransaction, 75),
            (stripe.Event, 41),
        ]:
            with self.subTest(resource=resource.__name__):
                ids = [row.id for row in resource.list(limit=20).auto_paging_iter()]
                self.assertEqual((len(ids), len(set(ids))), (rows, rows))

    def test_newest_first(self):
        created = [customer.created for customer in stripe.Customer.list(limit=100).auto_paging_iter()]
        self.assertEqual(created, sorted(created, reverse=True))

    def test_all_pages_backwards(self):
        ids = [customer.id for customer in stripe.Customer.list(limit=100)]
        back = stripe.Customer.list(limit=7, ending_before=ids[-1]).auto_paging_iter()
        # The SDK turns each page round: from the one before the last to the newest.
        self.assertEqual([customer.id for customer in back], ids[-2::-1])

    def test_ten_are_a_page_by_default(self):
        page = stripe.Customer.list()
        self.assertEqual((len(page.data), page.has_more, page.object), (10, True, "list"))

    def test_a_filter_holds_on_every_page(self):
        one = stripe.Customer.list(limit=1).data[0]
        found = list(stripe.Customer.list(email=one.email, limit=1).auto_paging_iter())
        self.assertEqual([customer.id for customer in found], [one.id])

    def test_between_two_times(self):
        created = sorted(customer.created for customer in stripe.Customer.list(limit=100))
        found = stripe.Customer.list(limit=100, created={"gt": created[4], "lte": created[9]})
        self.assertEqual(sorted(customer.created for customer in found), created[5:10])

    def test_events_of_a_kind(self):
        kinds = {event.type for event in stripe.Event.list(type="charge.*", limit=100)}
        self.assertTrue(kinds and all(kind.startswith("charge.") for kind in kinds), kinds)

    def test_a_customer_that_is_made_meanwhile_moves_nothing(self):
        pages = stripe.Customer.list(limit=10).auto_paging_iter()
        ids = [next(pages).id for _ in range(5)]
        new = stripe.Customer.create(name="Somebody else").id
        ids += [customer.id for customer in pages]
        self.assertEqual((len(ids), len(set(ids)), new in ids), (42, 42, False))

    def test_an_unknown_cursor(self):
        error = self.refused(stripe.InvalidRequestError, stripe.Customer.list, starting_after="cus_nobody")
        self.assertEqual((error.http_status, error.code, error.param), (400, "resource_missing", "starting_after"))
        self.assertEqual(error.user_message, "No such customer: 'cus_nobody'")

    def test_sizes_that_are_refused(self):
        for limit, message in [
            (0, "This value must be greater than or equal to 1."),
            (101, "This value must be less than or equal to 100 (it currently is '101')."),
            ("abc", "Invalid integer: abc"),
        ]:
            with self.subTest(limit=limit):
                error = self.refused(stripe.InvalidRequestError, stripe.Customer.list, limit=limit)
                self.assertEqual((error.code, error.param, error.user_message), ("parameter_invalid_integer", "limit", message))

    def test_two_cursors(self):
        with self.assertRaisesRegex(stripe.InvalidRequestError, "only specify one of these parameters"):
            stripe.Customer.list(starting_after="cus_a", ending_before="cus_b")


class Search(Session):
    def test_a_mail_address(self):
        found = stripe.Customer.search(query="email:'grace.okafor@example.com'")
        self.assertEqual([customer.name for customer in found], ["Grace Okafor"])

    def test_metadata_and_a_part_of_a_name_on_many_pages(self):
        everybody = [customer for customer in stripe.Customer.list(limit=100)]
        wanted = [customer.id for customer in everybody if customer.metadata["plan"] == "team"]
        found = [customer.id for customer in stripe.Customer.search(query="metadata['plan']:'team'", limit=4).auto_paging_iter()]
        self.assertEqual(sorted(found), sorted(wanted))
        named = [customer.name for customer in stripe.Customer.search(query='name~"ada"')]
        self.assertEqual(named, [customer.name for customer in everybody if "ada" in customer.name.lower()])

    def test_amounts_and_what_they_are_not(self):
        found = list(stripe.PaymentIntent.search(query="amount>10000 AND -currency:'usd'", limit=100).auto_paging_iter())
        wanted = [intent.id for intent in stripe.PaymentIntent.list(limit=100) if intent.amount > 10000 and intent.currency != "usd"]
        self.assertEqual(sorted(intent.id for intent in found), sorted(wanted))
        self.assertTrue(wanted)

    def test_one_or_the_other(self):
        found = stripe.PaymentIntent.search(query="metadata['order_id']:'6701' OR metadata['order_id']:'6702'")
        self.assertEqual(sorted(intent.metadata["order_id"] for intent in found), ["6701", "6702"])

    def test_what_cannot_be_read(self):
        error = self.refused(stripe.InvalidRequestError, stripe.Customer.search, query="email:'a' AND name:'b' OR phone:'c'")
        self.assertEqual((error.http_status, error.param), (400, "query"))


class Customers(Session):
    def test_a_life(self):
        made = stripe.Customer.create(email="ada@example.com", metadata={"color": "red", "size": "m"}, address={"city": "Berlin"})
        stripe.Customer.modify(made.id, name="Ada", metadata={"size": "", "shape": "round"}, email="")
        now = stripe.Customer.retrieve(made.id)
        self.assertEqual((now.name, now.email, now.address.city), ("Ada", None, "Berlin"))
        self.assertEqual(now.metadata.to_dict(), {"color": "red", "shape": "round"})
        self.assertTrue(stripe.Customer.delete(made.id).deleted)
        self.assertTrue(stripe.Customer.retrieve(made.id).deleted)
        self.assertNotIn(made.id, [customer.id for customer in stripe.Customer.list(limit=100)])
        self.assertEqual(self.refused(stripe.InvalidRequestError, stripe.Customer.modify, made.id, name="x").http_status, 404)

    def test_an_unknown_one(self):
        error = self.refused(stripe.InvalidRequestError, stripe.Customer.retrieve, "cus_nobody")
        self.assertEqual((error.http_status, error.code, error.param), (404, "resource_missing", "id"))

    def test_a_card_of_their_own(self):
        customer = stripe.Customer.create(name="Ada")
        card = stripe.PaymentMethod.attach("pm_card_visa", customer=customer.id)
        self.assertEqual([one.id for one in stripe.PaymentMethod.list(customer=customer.id)], [card.id])
        intent = self.pay(card=card.id, customer=customer.id, expand=["customer", "payment_method"])
        self.assertEqual((intent.customer.name, intent.payment_method.card.last4), ("Ada", "4242"))

    def test_a_card_from_the_beginning(self):
        customer = stripe.Customer.create(payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa"})
        card = customer.invoice_settings.default_payment_method
        self.assertEqual([one.id for one in customer.list_payment_methods()], [card])
        for _ in range(2):
            self.assertEqual(self.pay(card=card, customer=customer.id).status, "succeeded")

    def test_cards_of_others_and_cards_that_are_spent(self):
        ada, bob = stripe.Customer.create(payment_method="pm_card_visa"), stripe.Customer.create()
        [card] = ada.list_payment_methods()
        with self.assertRaisesRegex(stripe.InvalidRequestError, "must be attached to the customer"):
            self.pay(card=card.id, customer=bob.id)
        with self.assertRaisesRegex(stripe.InvalidRequestError, "you must provide the customer"):
            self.pay(card=card.id)
        loose = stripe.PaymentMethod.create(type="card", card={"token": "tok_visa"})
        self.pay(card=loose.id)
        with self.assertRaisesRegex(stripe.InvalidRequestError, "may not be used again"):
            self.pay(card=loose.id)


class Payments(Session):
    def test_taken_at_once_and_there_two_days_later(self):
        ADMIN.freeze()
        before = stripe.Balance.retrieve()
        intent = self.pay(2000, expand=["latest_charge.balance_transaction"])
        transaction = intent.latest_charge.balance_transaction
        self.assertEqual((intent.status, intent.amount_received), ("succeeded", 2000))
        self.assertEqual((transaction.fee, transaction.net, transaction.status), (88, 1912, "pending"))
        usd = [money.amount for money in stripe.Balance.retrieve().pending if money.currency == "usd"]
        self.assertEqual(usd, [1912])
        ADMIN.send("POST", "clock/advance", {"by": "P2D"})
        self.assertEqual(stripe.BalanceTransaction.retrieve(transaction.id).status, "available")
        self.assertEqual(self.available(), self.available(before) + 1912)

    def available(self, balance=None):
        return sum(money.amount for money in (balance or stripe.Balance.retrieve()).available if money.currency == "usd")

    def test_the_balance_is_the_sum_of_its_transactions(self):
        self.pay(5000, "pm_card_bypassPending")
        nets = [row.net for row in stripe.BalanceTransaction.list(limit=100).auto_paging_iter() if row.currency == "usd"]
        self.assertEqual(self.available(), sum(nets))

    def test_held_and_captured_in_part(self):
        intent = self.pay(2000, capture_method="manual")
        self.assertEqual((intent.status, intent.amount_capturable), ("requires_capture", 2000))
        self.assertFalse([money.amount for money in stripe.Balance.retrieve().pending if money.amount])
        captured = stripe.PaymentIntent.capture(intent.id, amount_to_capture=1500, expand=["latest_charge"])
        charge = captured.latest_charge
        self.assertEqual((captured.status, captured.amount_received, captured.amount_capturable), ("succeeded", 1500, 0))
        self.assertEqual((charge.amount_captured, charge.amount_refunded), (1500, 500))
        error = self.refused(stripe.InvalidRequestError, stripe.PaymentIntent.capture, intent.id)
        self.assertEqual((error.http_status, error.code), (400, "payment_intent_unexpected_state"))
        self.assertEqual(error.error.payment_intent.id, intent.id)

    def test_held_and_captured_in_full_or_canceled(self):
        full = self.pay(900, capture_method="manual")
        self.assertEqual(stripe.PaymentIntent.capture(full.id).amount_received, 900)
        other = self.pay(900, capture_method="manual")
        canceled = stripe.PaymentIntent.cancel(other.id, cancellation_reason="requested_by_customer")
        self.assertEqual((canceled.status, canceled.cancellation_reason), ("canceled", "requested_by_customer"))
        self.assertTrue(stripe.Charge.retrieve(other.latest_charge).refunded)

    def test_a_hold_lapses_after_seven_days(self):
        ADMIN.freeze()
        intent = self.pay(2000, capture_method="manual")
        ADMIN.send("POST", "clock/advance", {"by": "P6DT23H"})
        self.assertEqual(stripe.PaymentIntent.retrieve(intent.id).status, "requires_capture")
        ADMIN.send("POST", "clock/advance", {"by": "PT1H"})
        lapsed = stripe.PaymentIntent.retrieve(intent.id)
        self.assertEqual((lapsed.status, lapsed.cancellation_reason, lapsed.amount_capturable), ("canceled", "automatic", 0))
        kinds = [event.type for event in stripe.Event.list(limit=2)]
        self.assertEqual(kinds, ["payment_intent.canceled", "charge.expired"])
        with self.assertRaisesRegex(stripe.InvalidRequestError, "it has a status of canceled"):
            stripe.PaymentIntent.capture(intent.id)

    def test_step_by_step(self):
        intent = stripe.PaymentIntent.create(amount=700, **CARD)
        self.assertEqual(intent.status, "requires_payment_method")
        with self.assertRaisesRegex(stripe.InvalidRequestError, "missing a payment method"):
            stripe.PaymentIntent.confirm(intent.id)
        self.assertEqual(stripe.PaymentIntent.modify(intent.id, payment_method="pm_card_visa", amount=800).status, "requires_confirmation")
        self.assertEqual(stripe.PaymentIntent.confirm(intent.id).amount_received, 800)
        with self.assertRaisesRegex(stripe.InvalidRequestError, "already succeeded"):
            stripe.PaymentIntent.confirm(intent.id)

    def test_cards_that_are_declined(self):
        for card, code, decline in [
            ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ]:
            with self.subTest(card=card):
                error = self.refused(stripe.CardError, self.pay, 2000, card)
                self.assertEqual((error.http_status, error.code, error.error.decline_code), (402, code, decline))
                intent = stripe.PaymentIntent.retrieve(error.error.payment_intent.id)
                self.assertEqual((intent.status, intent.last_payment_error.code), ("requires_payment_method", code))
                self.assertEqual(stripe.Charge.retrieve(intent.latest_charge).status, "failed")
                again = stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa")
                self.assertEqual(again.status, "succeeded")

    def test_a_bank_that_wants_to_see_the_holder(self):
        intent = self.pay(2000, "pm_card_threeDSecure2Required")
        self.assertEqual((intent.status, intent.next_action.type), ("requires_action", "redirect_to_url"))
        urllib.request.urlopen(intent.next_action.redirect_to_url.url, timeout=10).close()
        self.assertEqual(stripe.PaymentIntent.retrieve(intent.id).status, "succeeded")
        error = self.refused(stripe.CardError, self.pay, 2000, "pm_card_authenticationRequired", off_session=True)
        self.assertEqual(error.code, "authentication_required")

    def test_a_page_to_return_to_is_missing(self):
        with self.assertRaisesRegex(stripe.InvalidRequestError, "return_url"):
            stripe.PaymentIntent.create(amount=2000, currency="usd", payment_method="pm_card_visa", confirm=True)


class Refunds(Session):
    def test_in_parts_and_too_much(self):
        intent = self.pay(2000)
        part = stripe.Refund.create(payment_intent=intent.id, amount=500, reason="requested_by_customer", expand=["charge"])
        self.assertEqual((part.status, part.charge.amount_refunded, part.charge.refunded), ("succeeded", 500, False))
        error = self.refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=intent.id, amount=1501)
        self.assertEqual(error.user_message, "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)")
        self.assertEqual(stripe.Refund.create(charge=intent.latest_charge).amount, 1500)
        error = self.refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=intent.id)
        self.assertEqual(error.code, "charge_already_refunded")
        self.assertEqual(len(stripe.Refund.list(charge=intent.latest_charge).data), 2)

    def test_it_is_in_the_balance(self):
        intent = self.pay(2000, "pm_card_bypassPending")
        before = stripe.Balance.retrieve().available
        refund = stripe.Refund.create(payment_intent=intent.id, amount=700, expand=["balance_transaction"])
        self.assertEqual((refund.balance_transaction.net, refund.balance_transaction.type), (-700, "refund"))
        after = {money.currency: money.amount for money in stripe.Balance.retrieve().available}
        self.assertEqual(after, {money.currency: money.amount - (700 if money.currency == "usd" else 0) for money in before})


class Mistakes(Session):
    def check(self, expected, call, *arguments, **parameters):
        error = self.refused(stripe.InvalidRequestError, call, *arguments, **parameters)
        self.assertEqual((error.http_status, error.code, error.param, error.user_message), expected)

    def test_parameters(self):
        create = stripe.PaymentIntent.create
        self.check((400, "parameter_missing", "currency", "Missing required param: currency."), create, amount=100)
        self.check((400, "parameter_unknown", "colour", "Received unknown parameter: colour"), stripe.Customer.create, colour="red")
        self.check((400, "parameter_invalid_integer", "amount", "Invalid integer: ten"), create, amount="ten", currency="usd")
        self.check((400, "amount_too_small", "amount", "Amount must be at least $0.50 usd"), create, amount=49, currency="usd")
        self.check((400, "resource_missing", "customer", "No such customer: 'cus_x'"), create, amount=100, customer="cus_x", **CARD)
        self.check((400, None, "capture_method", "Invalid capture_method: must be one of automatic, automatic_async, or manual"), create, amount=100, capture_method="later", **CARD)
        self.check((404, "resource_missing", "intent", "No such payment_intent: 'pi_x'"), stripe.PaymentIntent.retrieve, "pi_x")

    def test_what_cannot_be_expanded(self):
        with self.assertRaisesRegex(stripe.InvalidRequestError, "cannot be expanded"):
            stripe.Customer.list(expand=["data.nothing"])

    def test_a_wrong_key(self):
        ADMIN.send("PUT", "auth/stripe", {"enforced": True})
        stripe.Customer.list(limit=1)
        stripe.api_key = "sk_test_somebody_else_1234"
        error = self.refused(stripe.AuthenticationError, stripe.Customer.list)
        self.assertEqual(error.http_status, 401)
        self.assertIn("Invalid API Key provided: sk_test_", error.user_message)


class Troubles(Session):
    def test_no_calls_left(self):
        ADMIN.freeze()
        ADMIN.left("stripe.stripe", 0)
        error = self.refused(stripe.RateLimitError, stripe.Customer.list)
        self.assertEqual((error.http_status, error.error.code), (429, "rate_limit"))

    def test_429_on_the_second_page(self):
        stripe.max_network_retries = 2
        pages = stripe.Customer.list(limit=20).auto_paging_iter()
        ids = [next(pages).id]
        ADMIN.send("POST", "faults", {"mode": "rate_limited", "tools": ["stripe.list_customers"], "times": 1})
        ids += [customer.id for customer in pages]
        self.assertEqual(len(set(ids)), 42)
        self.assertEqual(self.statuses("list_customers").count(429), 1)

    def test_500_and_one_object_all_the_same(self):
        stripe.max_network_retries = 2
        ADMIN.send("POST", "errors", {"status": 500, "tool": "stripe.create_customer"})
        made = stripe.Customer.create(name="Once")
        self.assertEqual(self.statuses("create_customer"), [500, 200])
        self.assertEqual([customer.id for customer in stripe.Customer.search(query="name:'Once'")], [made.id])

    def test_an_object_that_is_locked(self):
        locked = {"mode": "wrong_status", "tools": ["stripe.capture_payment_intent"], "times": 1, "with": {"cause": "lock_timeout"}}
        intent = self.pay(2000, capture_method="manual")
        ADMIN.send("POST", "faults", locked)
        error = self.refused(stripe.RateLimitError, stripe.PaymentIntent.capture, intent.id)
        self.assertEqual((error.http_status, error.error.code), (429, "lock_timeout"))
        stripe.max_network_retries = 2
        ADMIN.send("POST", "faults", locked)
        self.assertEqual(stripe.PaymentIntent.capture(intent.id).status, "succeeded")

    def test_a_reply_that_is_lost_and_no_second_payment(self):
        before = len(stripe.PaymentIntent.list(limit=100).data)
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["stripe.create_payment_intent"], "times": 1})
        self.refused(stripe.APIConnectionError, self.pay, idempotency_key="order-1")
        again = self.pay(idempotency_key="order-1")
        self.assertEqual(again.last_response.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(stripe.PaymentIntent.list(limit=100).data), before + 1)

    def test_the_sdk_sends_a_lost_call_again_by_itself(self):
        stripe.max_network_retries = 2
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["stripe.create_refund"], "times": 1})
        intent = self.pay(2000)
        refund = stripe.Refund.create(payment_intent=intent.id, amount=500)
        self.assertEqual([one.id for one in stripe.Refund.list(charge=intent.latest_charge)], [refund.id])

    def test_another_request_under_a_used_key(self):
        stripe.Customer.create(name="A", idempotency_key="k1")
        self.refused(stripe.IdempotencyError, stripe.Customer.create, name="B", idempotency_key="k1")

    def test_a_declined_payment_stays_declined_under_its_key(self):
        for _ in range(2):
            self.refused(stripe.CardError, self.pay, 2000, "pm_card_chargeDeclined", idempotency_key="k2")
        self.assertEqual(len([charge for charge in stripe.Charge.list(limit=100) if charge.status == "failed"]), 1)


class Receiver:
    """A webhook endpoint: what was sent to it, as it came."""

    def __enter__(self):
        self.calls, self.arrived = [], threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with receiver.arrived:
                    receiver.calls.append((body, self.headers["Stripe-Signature"]))
                    receiver.arrived.notify_all()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.calls) >= count, timeout=20):
                raise AssertionError(f"{len(self.calls)} of {count} webhooks came")
            return list(self.calls)


class Webhooks(Session):
    def test_events_are_signed(self):
        with Receiver() as receiver:
            endpoint = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["payment_intent.succeeded", "charge.succeeded"])
            self.assertTrue(endpoint.secret.startswith("whsec_"))
            self.assertNotIn("secret", stripe.WebhookEndpoint.retrieve(endpoint.id))
            intent = self.pay(2000)
            calls = receiver.wait(2)
            events = [stripe.Webhook.construct_event(body, signature, endpoint.secret) for body, signature in calls]
            self.assertEqual([event.type for event in events], ["charge.succeeded", "payment_intent.succeeded"])
            self.assertEqual(events[1].data.object.id, intent.id)
            self.assertEqual(stripe.Event.retrieve(events[1].id).data.object.id, intent.id)
            with self.assertRaises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(calls[0][0], calls[0][1], "whsec_another")

    def test_a_wrong_signature(self):
        with Receiver() as receiver:
            endpoint = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["*"])
            ADMIN.send("POST", "webhooks/faults", {"mode": "bad_signature"})
            stripe.Customer.create(name="Ada")
            [(body, signature)] = receiver.wait(1)
            with self.assertRaises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(body, signature, endpoint.secret)
            self.assertEqual(json.loads(body)["type"], "customer.created")

    def test_an_endpoint_that_is_switched_off(self):
        with Receiver() as receiver:
            endpoint = stripe.WebhookEndpoint.create(url=receiver.url, enabled_events=["customer.*", "customer.created"])
            stripe.WebhookEndpoint.modify(endpoint.id, disabled=True)
            stripe.Customer.create(name="Nobody hears of")
            stripe.WebhookEndpoint.modify(endpoint.id, disabled=False)
            stripe.Customer.create(name="Ada")
            [(body, signature)] = receiver.wait(1)
            event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
            self.assertEqual(event.data.object.name, "Ada")
            self.assertTrue(stripe.WebhookEndpoint.delete(endpoint.id).deleted)
            self.assertEqual(stripe.WebhookEndpoint.list().data, [])


if __name__ == "__main__":
    unittest.main()
