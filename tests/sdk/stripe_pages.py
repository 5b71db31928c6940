"""Stripe's own SDK: lists forwards and backwards, and what it makes of refusals."""

import sys
import unittest

import stripe

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)


class Pages(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        stripe.api_key = "sk_test_anything"
        stripe.api_base = f"{BASE_URL}/stripe"
        stripe.max_network_retries = 0

    def test_all_pages_forwards(self):
        ids = [customer.id for customer in stripe.Customer.list(limit=10).auto_paging_iter()]
        self.assertEqual(len(ids), 42)
        self.assertEqual(len(set(ids)), 42)
        self.assertEqual(len(ADMIN.calls()), 5)

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

    def test_a_customer_that_is_made_meanwhile_moves_nothing(self):
        pages = stripe.Customer.list(limit=10).auto_paging_iter()
        ids = [next(pages).id for _ in range(5)]
        ADMIN.send("PUT", "collections/customers/cus_new", {"id": "cus_new", "object": "customer"})
        ids += [customer.id for customer in pages]
        self.assertEqual((len(ids), len(set(ids)), "cus_new" in ids), (42, 42, False))

    def test_an_unknown_cursor(self):
        with self.assertRaises(stripe.InvalidRequestError) as raised:
            stripe.Customer.list(starting_after="cus_nobody")
        error = raised.exception
        self.assertEqual((error.http_status, error.code, error.param), (400, "resource_missing", "starting_after"))
        self.assertEqual(error.user_message, "No such customer: 'cus_nobody'")

    def test_an_unknown_customer(self):
        with self.assertRaises(stripe.InvalidRequestError) as raised:
            stripe.Customer.retrieve("cus_nobody")
        error = raised.exception
        self.assertEqual((error.http_status, error.code, error.param), (404, "resource_missing", "id"))

    def test_sizes_that_are_refused(self):
        for limit, message in [
            (0, "This value must be greater than or equal to 1."),
            (101, "This value must be less than or equal to 100 (it currently is '101')."),
            ("abc", "Invalid integer: abc"),
        ]:
            with self.subTest(limit=limit), self.assertRaises(stripe.InvalidRequestError) as raised:
                stripe.Customer.list(limit=limit)
            error = raised.exception
            self.assertEqual((error.code, error.param, error.user_message), ("parameter_invalid_integer", "limit", message))

    def test_two_cursors(self):
        with self.assertRaisesRegex(stripe.InvalidRequestError, "only specify one of these parameters"):
            stripe.Customer.list(starting_after="cus_a", ending_before="cus_b")

    def test_no_calls_left(self):
        ADMIN.freeze()
        ADMIN.left("stripe", 0)
        with self.assertRaises(stripe.RateLimitError) as raised:
            stripe.Customer.list()
        self.assertEqual((raised.exception.http_status, raised.exception.error.code), (429, "rate_limit"))

    def test_the_sdk_tries_again(self):
        stripe.max_network_retries = 2
        pages = stripe.Customer.list(limit=20).auto_paging_iter()
        ids = [next(pages).id]
        ADMIN.send("POST", "errors", {
            "status": 429, "tool": "list_customers", "headers": {"Stripe-Should-Retry": "true"},
            "body": {"error": {"type": "invalid_request_error", "code": "rate_limit"}},
        })
        ids += [customer.id for customer in pages]
        self.assertEqual(len(set(ids)), 42)
        self.assertEqual([call["status"] for call in ADMIN.calls()].count(429), 1)


if __name__ == "__main__":
    unittest.main()
