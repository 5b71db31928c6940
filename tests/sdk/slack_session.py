"""Slack's own SDK, a whole session: pages, messages and threads, errors inside a 200, waits, lost replies."""

import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)

GENERAL = "C000000GEN"
INCIDENTS = "C000000INC"


def client(token="xoxb-sparring", handlers=()):
    return WebClient(token=token, base_url=f"{BASE_URL}/slack/api/", retry_handlers=list(handlers))


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        self.client = client()

    def refused(self, method, **arguments):
        """The reply of a call that is refused."""
        with self.assertRaises(SlackApiError) as raised:
            method(**arguments)
        return raised.exception.response

    def statuses(self):
        return [call["status"] for call in ADMIN.calls()]

    def texts(self, channel=GENERAL, **arguments):
        return [message["text"] for message in self.client.conversations_history(channel=channel, **arguments)["messages"]]


class Reading(Session):
    def test_who_one_is(self):
        who = self.client.auth_test()
        self.assertEqual((who["user"], who["bot_id"], who["team_id"]), ("sparring", "B0SPARRING", "T0SPARRING"))
        self.assertIn("chat:write", who.headers["x-oauth-scopes"])

    def test_all_users(self):
        pages = [page["members"] for page in self.client.users_list(limit=15)]
        self.assertEqual([len(page) for page in pages], [15, 15, 7])
        self.assertEqual(len({member["id"] for page in pages for member in page}), 37)

    def test_all_users_by_hand(self):
        ids, cursor = [], None
        while cursor != "":
            page = self.client.users_list(limit=20, cursor=cursor)
            ids += [member["id"] for member in page["members"]]
            cursor = page["response_metadata"]["next_cursor"]
        self.assertEqual(ids, [f"U0{number:08}" for number in range(1, 37)] + ["U00000BOT"])

    def test_without_a_limit_all_users_come_at_once(self):
        page = self.client.users_list()
        self.assertEqual((len(page["members"]), page["response_metadata"]["next_cursor"]), (37, ""))

    def test_one_user(self):
        user = self.client.users_info(user="U000000007")["user"]
        self.assertEqual((user["id"], user["profile"]["real_name"]), ("U000000007", user["real_name"]))
        self.assertEqual(self.refused(self.client.users_info, user="U404")["error"], "user_not_found")

    def test_all_channels(self):
        def names(**arguments):
            return {channel["name"] for page in self.client.conversations_list(limit=10, **arguments) for channel in page["channels"]}

        public = names()
        self.assertEqual(len(public), 35)
        # Of the private channels the bot sees the one that it is in.
        both = names(types="public_channel,private_channel")
        self.assertEqual(both - public, {"security-private"})
        self.assertEqual(public - names(exclude_archived=True), {"launch-2024", "proj-delta"})
        self.assertEqual(names(types="im"), set())

    def test_one_channel(self):
        listed = self.client.conversations_list(limit=1)["channels"][0]
        self.assertEqual(self.client.conversations_info(channel=GENERAL)["channel"], listed)
        self.assertEqual(self.refused(self.client.conversations_info, channel="C404")["error"], "channel_not_found")

    def test_all_of_a_history(self):
        pages = [page["messages"] for page in self.client.conversations_history(channel=GENERAL, limit=20)]
        self.assertEqual([len(page) for page in pages], [20, 20, 1])
        stamps = [float(message["ts"]) for page in pages for message in page]
        self.assertEqual(stamps, sorted(stamps, reverse=True))

    def test_the_last_page_of_a_history_has_no_cursor(self):
        first = self.client.conversations_history(channel=GENERAL, limit=20)
        self.assertTrue(first["has_more"] and first["response_metadata"]["next_cursor"])
        whole = self.client.conversations_history(channel=GENERAL)
        self.assertEqual((whole["has_more"], "response_metadata" in whole.data), (False, False))

    def test_a_window_of_a_history(self):
        messages = self.client.conversations_history(channel=GENERAL)["messages"]
        latest, oldest = messages[5]["ts"], messages[9]["ts"]
        for inclusive, expected in [(False, messages[6:9]), (True, messages[5:10])]:
            window = self.client.conversations_history(channel=GENERAL, latest=latest, oldest=oldest, inclusive=inclusive)
            self.assertEqual(window["messages"], expected)

    def test_threads(self):
        roots = [message for page in self.client.conversations_history(channel=INCIDENTS, limit=10) for message in page["messages"]]
        self.assertEqual(len(roots), 34)
        threads = [root for root in roots if root.get("reply_count")]
        self.assertEqual(len(threads), 5)
        for root in threads:
            replies = self.client.conversations_replies(channel=INCIDENTS, ts=root["ts"])["messages"]
            self.assertEqual((replies[0], len(replies)), (root, root["reply_count"] + 1))
            self.assertEqual(replies[-1]["ts"], root["latest_reply"])


class Writing(Session):
    def test_a_message_is_there(self):
        posted = self.client.chat_postMessage(channel="#general", text="Good morning")
        self.assertEqual((posted["channel"], posted["message"]["bot_id"]), (GENERAL, "B0SPARRING"))
        newest = self.client.conversations_history(channel=GENERAL, limit=1)["messages"][0]
        self.assertEqual((newest, newest["ts"]), (posted["message"], posted["ts"]))

    def test_an_ampersand_is_kept_as_slack_keeps_it(self):
        for text, kept in [("salt & pepper", "salt &amp; pepper"), ("salt &amp; pepper &lt;", "salt &amp; pepper &lt;")]:
            self.assertEqual(self.client.chat_postMessage(channel=GENERAL, text=text)["message"]["text"], kept)

    def test_blocks(self):
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}}]
        posted = self.client.chat_postMessage(channel=GENERAL, text="Hello", blocks=blocks)
        self.assertEqual(posted["message"]["blocks"], blocks)

    def test_a_thread(self):
        root = self.client.chat_postMessage(channel=GENERAL, text="Lunch?")["ts"]
        for text in ["Yes", "No"]:
            reply = self.client.chat_postMessage(channel=GENERAL, text=text, thread_ts=root)
        thread = self.client.conversations_replies(channel=GENERAL, ts=root)["messages"]
        self.assertEqual([message["text"] for message in thread], ["Lunch?", "Yes", "No"])
        self.assertEqual((thread[0]["reply_count"], thread[0]["latest_reply"]), (2, reply["ts"]))
        # Replies are not in the channel, unless they are broadcast.
        self.assertEqual(self.texts(limit=1), ["Lunch?"])
        self.client.chat_postMessage(channel=GENERAL, text="Soup!", thread_ts=root, reply_broadcast=True)
        self.assertEqual(self.texts(limit=2), ["Soup!", "Lunch?"])

    def test_stamps_are_unique_and_ascend_while_the_clock_stands_still(self):
        ADMIN.freeze()
        with ThreadPoolExecutor(8) as pool:
            posted = list(pool.map(lambda n: client().chat_postMessage(channel=GENERAL, text=str(n))["ts"], range(16)))
        self.assertEqual(len(set(posted)), 16)
        history = self.client.conversations_history(channel=GENERAL, limit=16)["messages"]
        self.assertEqual([message["ts"] for message in history], sorted(posted, reverse=True))

    def test_a_message_is_changed_and_taken_back(self):
        ts = self.client.chat_postMessage(channel=GENERAL, text="Helo")["ts"]
        changed = self.client.chat_update(channel=GENERAL, ts=ts, text="Hello")
        self.assertEqual((changed["text"], changed["message"]["edited"]["user"]), ("Hello", "U00000BOT"))
        self.assertEqual(self.texts(limit=1), ["Hello"])
        self.client.chat_delete(channel=GENERAL, ts=ts)
        self.assertNotIn("Hello", self.texts())
        self.assertEqual(self.refused(self.client.chat_delete, channel=GENERAL, ts=ts)["error"], "message_not_found")

    def test_what_others_have_said_stays(self):
        ts = self.client.conversations_history(channel=GENERAL, limit=1)["messages"][0]["ts"]
        self.assertEqual(self.refused(self.client.chat_update, channel=GENERAL, ts=ts, text="x")["error"], "cant_update_message")
        self.assertEqual(self.refused(self.client.chat_delete, channel=GENERAL, ts=ts)["error"], "cant_delete_message")


class Refusals(Session):
    def test_tokens(self):
        for token, error in [
            ("", "not_authed"),
            ("xoxb-nobody", "invalid_auth"),
            ("xoxb-revoked", "token_revoked"),
            ("xoxb-expired", "token_expired"),
        ]:
            with self.subTest(token=token):
                response = self.refused(client(token).auth_test)
                self.assertEqual((response.status_code, response["error"]), (200, error))

    def test_a_scope_that_is_missing_is_named(self):
        response = self.refused(client("xoxb-readonly").chat_postMessage, channel=GENERAL, text="x")
        self.assertEqual((response["error"], response["needed"]), ("missing_scope", "chat:write"))

    def test_messages_that_are_refused(self):
        for error, arguments in [
            ("channel_not_found", {"channel": "#nowhere", "text": "x"}),
            ("channel_not_found", {"channel": "board-private", "text": "x"}),
            ("is_archived", {"channel": "launch-2024", "text": "x"}),
            ("no_text", {"channel": GENERAL, "text": "", "attachments": []}),
            ("msg_too_long", {"channel": GENERAL, "text": "x" * 40_001}),
            ("thread_not_found", {"channel": GENERAL, "text": "x", "thread_ts": "1.000001"}),
        ]:
            with self.subTest(error=error):
                self.assertEqual(self.refused(self.client.chat_postMessage, **arguments)["error"], error)

    def test_a_public_channel_that_the_bot_is_not_in(self):
        self.client.chat_postMessage(channel="payments", text="chat:write.public is enough")
        members_only = client("xoxb-members-only")
        self.assertEqual(self.refused(members_only.chat_postMessage, channel="payments", text="x")["error"], "not_in_channel")
        self.assertEqual(self.refused(self.client.conversations_history, channel="C000000PAY")["error"], "not_in_channel")

    def test_cursors_that_are_refused(self):
        cursor = self.client.users_list(limit=5)["response_metadata"]["next_cursor"]
        for bad in ["nonsense", cursor[:-2], cursor[:-1] + ("A" if cursor[-1] != "A" else "B")]:
            with self.subTest(cursor=bad):
                self.assertEqual(self.refused(self.client.users_list, limit=5, cursor=bad)["error"], "invalid_cursor")

    def test_sizes_that_are_refused(self):
        for limit in [-1, 1001, "abc"]:
            with self.subTest(limit=limit):
                self.assertEqual(self.refused(self.client.users_list, limit=limit)["error"], "invalid_limit")

    def test_a_missing_argument_is_named(self):
        response = self.refused(self.client.api_call, api_method="conversations.history")
        self.assertEqual(response["error"], "invalid_arguments")
        self.assertEqual(response["response_metadata"]["messages"], ["[ERROR] missing required field: channel"])

    def test_a_method_that_is_not_there(self):
        self.assertEqual(self.refused(self.client.api_call, api_method="conversations.levitate")["error"], "unknown_method")


class Limits(Session):
    def test_each_method_has_its_own_in_a_workspace(self):
        ADMIN.freeze()
        # Two tokens of one workspace share it.
        for number in range(20):
            client("xoxb-sparring" if number % 2 else "xoxb-readonly").users_list(limit=1)
        response = self.refused(self.client.users_list)
        self.assertEqual((response.status_code, response["error"], response.headers["Retry-After"]), (429, "ratelimited", "3"))
        self.client.conversations_list(limit=1)
        ADMIN.send("POST", "clock/advance", {"by": "PT3S"})
        self.client.users_list(limit=1)

    def test_the_sdk_waits_as_long_as_it_is_told(self):
        # One call of tier 4 comes back every 0.6 s, by the system's clock: a second is enough.
        patient = client(handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
        ADMIN.left("slack.tier4", 0)
        began = time.monotonic()
        patient.users_info(user="U000000001")
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(self.statuses(), [429, 200])


class Failures(Session):
    def test_a_429_on_the_second_page(self):
        patient = client(handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
        ADMIN.send("POST", "errors", {"status": 429, "after": 1, "tool": "slack.users_list", "headers": {"Retry-After": "1"}})
        members = [member["id"] for page in patient.users_list(limit=20) for member in page["members"]]
        self.assertEqual((len(members), len(set(members))), (37, 37))
        self.assertEqual(self.statuses(), [200, 429, 200])

    def test_a_500_is_tried_again(self):
        patient = client(handlers=[ServerErrorRetryHandler(max_retry_count=1)])
        ADMIN.send("POST", "errors", {"status": 500, "tool": "slack.chat_postMessage"})
        patient.chat_postMessage(channel=GENERAL, text="once")
        self.assertEqual(self.statuses(), [500, 200])
        self.assertEqual(self.texts().count("once"), 1)

    def test_a_500_that_nobody_handles(self):
        ADMIN.send("POST", "errors", {"status": 500})
        response = self.refused(self.client.auth_test)
        self.assertEqual((response.status_code, response["error"]), (500, "internal_error"))

    def test_after_a_lost_reply_the_history_tells(self):
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["slack.chat_postMessage"], "times": 1})
        with self.assertRaises(OSError):
            self.client.chat_postMessage(channel=GENERAL, text="build 7 is out")
        # It was said: whoever looks does not say it twice.
        if "build 7 is out" not in self.texts(limit=5):
            self.client.chat_postMessage(channel=GENERAL, text="build 7 is out")
        self.assertEqual(self.texts().count("build 7 is out"), 1)

    def test_the_sdks_own_way_with_a_lost_reply_says_it_twice(self):
        # chat.postMessage has no idempotency key, and the SDK tries again by default.
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["slack.chat_postMessage"], "times": 1})
        client(handlers=[ConnectionErrorRetryHandler()]).chat_postMessage(channel=GENERAL, text="build 8 is out")
        self.assertEqual(self.texts().count("build 8 is out"), 2)


if __name__ == "__main__":
    unittest.main()
