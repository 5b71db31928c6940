"""Slack's own SDK: cursors, errors inside a 200, and a wait that it is told."""

import sys
import time
import unittest

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)


class Pages(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        self.client = WebClient(token="xoxb-anything", base_url=f"{BASE_URL}/slack/api/")

    def refused(self, **parameters):
        with self.assertRaises(SlackApiError) as raised:
            self.client.users_list(**parameters)
        return raised.exception.response

    def test_all_pages(self):
        pages = [page["members"] for page in self.client.users_list(limit=15)]
        self.assertEqual([len(page) for page in pages], [15, 15, 8])
        self.assertEqual(len({member["id"] for page in pages for member in page}), 38)

    def test_the_last_cursor_is_empty(self):
        page = self.client.users_list(limit=1000)
        self.assertEqual(page["response_metadata"]["next_cursor"], "")

    def test_pages_by_hand(self):
        ids, cursor = [], None
        while cursor != "":
            page = self.client.users_list(limit=20, cursor=cursor)
            ids += [member["id"] for member in page["members"]]
            cursor = page["response_metadata"]["next_cursor"]
        self.assertEqual(ids, [f"U0{number:08}" for number in range(1, 39)])

    def test_cursors_that_are_refused(self):
        cursor = self.client.users_list(limit=5)["response_metadata"]["next_cursor"]
        for bad in ["nonsense", cursor[:-2], cursor[:-1] + ("A" if cursor[-1] != "A" else "B")]:
            with self.subTest(cursor=bad):
                response = self.refused(limit=5, cursor=bad)
                self.assertEqual((response.status_code, response["error"]), (200, "invalid_cursor"))

    def test_sizes_that_are_refused(self):
        for limit in [-1, 1001, "abc"]:
            with self.subTest(limit=limit):
                self.assertEqual(self.refused(limit=limit)["error"], "invalid_limit")

    def test_an_unknown_user(self):
        with self.assertRaises(SlackApiError) as raised:
            self.client.users_info(user="U404")
        self.assertEqual(raised.exception.response["error"], "user_not_found")

    def test_no_calls_left(self):
        ADMIN.left("slack", 0)
        response = self.refused()
        self.assertEqual((response.status_code, response["error"]), (429, "ratelimited"))
        self.assertIn(int(response.headers["Retry-After"]), (1, 2))

    def test_the_sdk_waits_as_long_as_it_is_told(self):
        # One call comes back every 1.2 s, by the system's clock: the wait of the real limit is enough.
        self.client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
        ADMIN.left("slack", 1)
        began = time.monotonic()
        members = [member for page in self.client.users_list(limit=20) for member in page["members"]]
        self.assertEqual(len(members), 38)
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual([call["status"] for call in ADMIN.calls()], [200, 429, 200])


if __name__ == "__main__":
    unittest.main()
