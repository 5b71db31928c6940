"""notion-client, a whole session: pages, filters and sorts, pages that change, refusals, its own retries, lost replies."""

import logging
import sys
import time
import unittest

import httpx
from notion_client import Client
from notion_client.errors import APIErrorCode, APIResponseError
from notion_client.helpers import collect_paginated_api, iterate_paginated_api

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)

DATABASE = "d0000000-0000-4000-8000-000000000001"
SOURCE = "d5000000-0000-4000-8000-000000000001"
HOME = "b0000000-0000-4000-8000-000000000001"
NOBODY = "00000000-0000-4000-8000-000000000000"


def title(text):
    return {"title": [{"text": {"content": text}}]}


def name(page):
    return "".join(run["plain_text"] for run in page["properties"]["Name"]["title"])


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()
        self.notion = self.client()

    def client(self, token="ntn_sparring", **options):
        options = {"retry": False, **options}
        notion = Client(auth=token, base_url=f"{BASE_URL}/notion", log_level=logging.CRITICAL, **options)
        self.addCleanup(notion.close)
        return notion

    def tasks(self, **query):
        return collect_paginated_api(self.notion.data_sources.query, data_source_id=SOURCE, **query)

    def create(self, text, **properties):
        return self.notion.pages.create(parent={"data_source_id": SOURCE}, properties={"Name": title(text), **properties})

    def refused(self, function, *arguments, **named):
        """Status, code and message of a call that is refused."""
        with self.assertRaises(APIResponseError) as raised:
            function(*arguments, **named)
        error = raised.exception
        return error.status, error.code, str(error)

    def statuses(self):
        return [call["status"] for call in ADMIN.calls()]


class Pages(Session):
    def test_all_tasks(self):
        tasks = self.tasks(page_size=15)
        self.assertEqual((len(tasks), len({task["id"] for task in tasks})), (41, 41))
        self.assertEqual(len(ADMIN.calls()), 3)
        created = [task["created_time"] for task in tasks]
        self.assertEqual(created, sorted(created, reverse=True))

    def test_the_last_page_says_so(self):
        page = self.notion.data_sources.query(SOURCE, page_size=100)
        self.assertEqual((page["has_more"], page["next_cursor"], page["object"]), (False, None, "list"))

    def test_all_users(self):
        users = collect_paginated_api(self.notion.users.list, page_size=10)
        self.assertEqual((len(users), [user["type"] for user in users].count("bot")), (35, 1))
        self.assertEqual(self.notion.users.retrieve(users[3]["id"]), users[3])
        self.assertEqual(self.notion.users.me()["name"], "Sparring")

    def test_all_that_a_search_finds(self):
        found = collect_paginated_api(self.notion.search, page_size=20)
        self.assertEqual(len(found), 47)
        times = [one["last_edited_time"] for one in found]
        self.assertEqual(times, sorted(times, reverse=True))
        sources = self.notion.search(filter={"property": "object", "value": "data_source"})["results"]
        self.assertEqual([source["id"] for source in sources], [SOURCE])
        self.assertEqual([name(page) for page in self.notion.search(query="BUDGET")["results"]], ["Draft the budget"])

    def test_a_page_that_is_made_meanwhile_moves_nothing(self):
        tasks = iterate_paginated_api(self.notion.data_sources.query, data_source_id=SOURCE, page_size=10)
        names = [name(next(tasks)) for _ in range(5)]
        self.create("Meanwhile")
        names += [name(task) for task in tasks]
        self.assertEqual((len(names), "Meanwhile" in names), (41, False))


class Filters(Session):
    def names(self, *conditions, **compound):
        return {name(task) for task in self.tasks(filter=conditions[0] if conditions else compound)}

    def test_conditions(self):
        everything = {name(task) for task in self.tasks()}
        for one, other in [
            ({"property": "Status", "status": {"equals": "Done"}}, {"property": "Status", "status": {"does_not_equal": "Done"}}),
            ({"property": "Done", "checkbox": {"equals": True}}, {"property": "Done", "checkbox": {"equals": False}}),
            ({"property": "Tags", "multi_select": {"contains": "ops"}}, {"property": "Tags", "multi_select": {"does_not_contain": "ops"}}),
            ({"property": "Due", "date": {"is_empty": True}}, {"property": "Due", "date": {"is_not_empty": True}}),
            ({"property": "Name", "title": {"contains": "the"}}, {"property": "Name", "title": {"does_not_contain": "the"}}),
            ({"property": "Priority", "select": {"equals": "High"}}, {"property": "Priority", "select": {"does_not_equal": "High"}}),
            ({"timestamp": "created_time", "created_time": {"before": "2025-10-01"}}, {"timestamp": "created_time", "created_time": {"on_or_after": "2025-10-01"}}),
        ]:
            with self.subTest(condition=one):
                holds, fails = self.names(one), self.names(other)
                self.assertTrue(holds and fails)
                self.assertEqual((holds | fails, holds & fails), (everything, set()))

    def test_and_or(self):
        done = {"property": "Status", "status": {"equals": "Done"}}
        high = {"property": "Priority", "select": {"equals": "High"}}
        ops = {"property": "Tags", "multi_select": {"contains": "ops"}}
        self.assertEqual(self.names(**{"and": [done, high]}), self.names(done) & self.names(high))
        self.assertEqual(self.names(**{"or": [done, high]}), self.names(done) | self.names(high))
        self.assertEqual(self.names(**{"and": [done, {"or": [high, ops]}]}), self.names(done) & (self.names(high) | self.names(ops)))
        self.assertEqual(self.names(**{"or": [ops, {"and": [done, high]}]}), self.names(ops) | (self.names(done) & self.names(high)))

    def test_numbers_and_dates(self):
        for task in self.tasks(filter={"property": "Estimate", "number": {"greater_than_or_equal_to": 5}}):
            self.assertGreaterEqual(task["properties"]["Estimate"]["number"], 5)
        due = self.tasks(filter={"property": "Due", "date": {"on_or_before": "2025-10-10"}})
        self.assertTrue(due and all(task["properties"]["Due"]["date"]["start"] <= "2025-10-10" for task in due))

    def test_sorts(self):
        sorts = [{"property": "Priority", "direction": "ascending"}, {"property": "Name", "direction": "descending"}]
        tasks = self.tasks(filter={"property": "Priority", "select": {"is_not_empty": True}}, sorts=sorts, page_size=10)
        priorities = [task["properties"]["Priority"]["select"]["name"] for task in tasks]
        # Options have the order of their property, not that of the alphabet.
        self.assertEqual(sorted(set(priorities), key=priorities.index), ["High", "Medium", "Low"])
        high = [name(task) for task in tasks if task["properties"]["Priority"]["select"]["name"] == "High"]
        self.assertEqual(high, sorted(high, reverse=True))


class Writing(Session):
    def test_a_task_from_its_making_to_the_trash(self):
        page = self.create(
            "Buy milk",
            Status={"status": {"name": "In progress"}},
            Tags={"multi_select": [{"name": "ops"}]},
            Due={"date": {"start": "2026-01-02"}},
            Estimate={"number": 1.5},
            Assignee={"people": [{"id": "a0000000-0000-4000-8000-000000000003"}]},
        )
        properties = page["properties"]
        self.assertEqual((page["parent"]["data_source_id"], page["in_trash"]), (SOURCE, False))
        self.assertEqual((properties["Status"]["status"]["color"], properties["Due"]["date"]["end"]), ("blue", None))
        self.assertEqual((properties["Estimate"]["number"], properties["Priority"]["select"]), (1.5, None))
        self.assertEqual(properties["Assignee"]["people"][0]["name"], "Chloe Costa")

        changed = self.notion.pages.update(page["id"], properties={"Status": {"status": {"name": "Done"}}, "Due": {"date": None}})
        self.assertEqual((name(changed), changed["properties"]["Due"]["date"]), ("Buy milk", None))
        self.assertEqual(self.notion.pages.retrieve(page["id"].replace("-", ""))["properties"], changed["properties"])
        self.assertIn("Buy milk", [name(task) for task in self.tasks(filter={"property": "Status", "status": {"equals": "Done"}})])

        self.assertTrue(self.notion.pages.update(page["id"], archived=True)["in_trash"])
        self.assertNotIn("Buy milk", [name(task) for task in self.tasks()])
        status, code, message = self.refused(self.notion.pages.update, page["id"], properties={})
        self.assertEqual((status, code), (400, APIErrorCode.ValidationError))
        self.assertIn("archived", message)
        self.notion.pages.update(page["id"], in_trash=False)
        self.assertEqual(len(self.tasks()), 42)

    def test_annotations_are_told_whole(self):
        page = self.notion.pages.create(
            parent={"data_source_id": SOURCE},
            properties={"Name": {"title": [{"text": {"content": "Buy "}}, {"text": {"content": "milk"}, "annotations": {"bold": True}}]}},
        )
        plain = {"italic": False, "strikethrough": False, "underline": False, "code": False, "color": "default"}
        runs = page["properties"]["Name"]["title"]
        self.assertEqual([run["annotations"] for run in runs], [{"bold": False, **plain}, {"bold": True, **plain}])
        self.assertEqual(len(self.tasks(filter={"property": "Name", "title": {"equals": "Buy milk"}})), 1)
        self.assertEqual(self.notion.blocks.children.list(page["id"])["results"], [])

    def test_a_page_below_a_page(self):
        page = self.notion.pages.create(parent={"page_id": HOME}, properties={"title": [{"text": {"content": "Notes"}}]})
        self.assertEqual((page["parent"]["page_id"], page["properties"]["title"]["title"][0]["plain_text"]), (HOME, "Notes"))

    def test_the_database_and_its_data_source(self):
        database = self.notion.databases.retrieve(DATABASE)
        self.assertEqual(database["data_sources"], [{"id": SOURCE, "name": "Tasks"}])
        source = self.notion.data_sources.retrieve(SOURCE)
        self.assertEqual(source["properties"]["Due"]["type"], "date")

    def test_the_version_before_2025(self):
        old = self.client(notion_version="2022-06-28")
        self.assertEqual(old.databases.retrieve(DATABASE)["properties"]["Due"]["type"], "date")
        # The SDK has no databases.query any more: it is called by its path.
        page = old.request(path=f"databases/{DATABASE}/query", method="POST", body={"page_size": 5})
        self.assertEqual((len(page["results"]), page["has_more"]), (5, True))
        self.assertEqual(page["results"][0]["parent"], {"type": "database_id", "database_id": DATABASE})
        found = old.search(filter={"property": "object", "value": "database"})["results"]
        self.assertEqual([one["id"] for one in found], [DATABASE])
        path = f"databases/{DATABASE}/query"
        self.assertEqual(self.refused(self.notion.request, path=path, method="POST", body={})[1], APIErrorCode.InvalidRequestURL)
        self.assertEqual(self.refused(old.data_sources.query, SOURCE)[1], APIErrorCode.InvalidRequestURL)


class Refusals(Session):
    def test_tokens(self):
        for token in ("ntn_nobody", "ntn_revoked", None):
            with self.subTest(token=token):
                refusal = self.refused(self.client(token).users.me)
                self.assertEqual(refusal, (401, APIErrorCode.Unauthorized, "API token is invalid."))
        self.assertEqual(self.refused(self.client("ntn_readonly").pages.update, HOME, archived=True)[:2], (403, APIErrorCode.RestrictedResource))
        self.assertEqual(self.refused(self.client("ntn_nousers").users.list)[:2], (403, APIErrorCode.RestrictedResource))

    def test_without_a_version(self):
        answer = httpx.get(f"{BASE_URL}/notion/v1/users/me", headers={"Authorization": "Bearer ntn_sparring"})
        self.assertEqual((answer.status_code, answer.json()["code"]), (400, "missing_version"))

    def test_what_is_not_simulated(self):
        self.assertEqual(self.refused(self.notion.comments.list, block_id=HOME)[:2], (400, APIErrorCode.InvalidRequestURL))

    def test_what_is_not_there(self):
        for kind, function in [
            ("page", self.notion.pages.retrieve),
            ("database", self.notion.databases.retrieve),
            ("data_source", self.notion.data_sources.query),
        ]:
            with self.subTest(kind=kind):
                status, code, message = self.refused(function, NOBODY)
                self.assertEqual((status, code), (404, APIErrorCode.ObjectNotFound))
                self.assertTrue(message.startswith(f"Could not find {kind} with ID: {NOBODY}."), message)

    def test_input_that_is_wrong_is_named(self):
        query = self.notion.data_sources.query
        for function, arguments, message in [
            (query, {"filter": {"property": "Nope", "select": {"equals": "x"}}}, "Could not find property with name or id: Nope"),
            (query, {"filter": {"property": "Due", "number": {"equals": 1}}}, "database property date does not match filter"),
            (query, {"filter": {}}, "body failed validation. Fix one:\nbody.filter.or should be defined"),
            (query, {"sorts": [{"property": "Nope", "direction": "ascending"}]}, "Could not find sort property with name or id: Nope"),
            (query, {"start_cursor": "nonsense"}, "The start_cursor provided is invalid: nonsense"),
            (query, {"page_size": 101}, "body failed validation: body.page_size should be ≤ `100`"),
            (self.create, {"text": "x", "Nope": {"number": 1}}, "Nope is not a property that exists."),
            (self.create, {"text": "x", "Due": {"number": 1}}, "Due is expected to be date."),
            (self.create, {"text": "x", "Status": {"status": {"name": "Nope"}}}, 'Invalid status option. Status option "Nope" does not exist'),
            (self.notion.pages.create, {"parent": {}, "properties": {}}, "body failed validation. Fix one:\nbody.parent.page_id should be defined"),
            (self.notion.pages.create, {"properties": {}}, "body failed validation: body.parent should be defined, instead was `undefined`."),
            (self.notion.pages.retrieve, {"page_id": "abc"}, 'path failed validation: path.page_id should be a valid uuid, instead was `"abc"`.'),
        ]:
            if function == query:
                arguments["data_source_id"] = SOURCE
            with self.subTest(message=message):
                status, code, told = self.refused(function, **arguments)
                self.assertEqual((status, code), (400, APIErrorCode.ValidationError))
                self.assertTrue(told.startswith(message), told)


class Failures(Session):
    def test_no_calls_left(self):
        ADMIN.freeze()
        ADMIN.left("notion.requests", 0)
        with self.assertRaises(APIResponseError) as raised:
            self.notion.users.me()
        self.assertEqual((raised.exception.code, raised.exception.headers["retry-after"]), (APIErrorCode.RateLimited, "1"))
        ADMIN.send("POST", "clock/advance", {"by": "PT1S"})
        self.notion.users.me()

    def test_the_sdk_waits_as_long_as_it_is_told(self):
        # Three calls a second come back, by the system's clock: the wait that is told is enough.
        ADMIN.left("notion.requests", 0)
        began = time.monotonic()
        self.client(retry=True).users.me()
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(self.statuses(), [429, 200])

    def test_a_429_on_the_second_page(self):
        ADMIN.send("POST", "errors", {"status": 429, "after": 1, "tool": "notion.query_data_source", "headers": {"Retry-After": "1"}})
        patient = self.client(retry=True)
        tasks = collect_paginated_api(patient.data_sources.query, data_source_id=SOURCE, page_size=25)
        self.assertEqual((len({task["id"] for task in tasks}), self.statuses()), (41, [200, 429, 200]))

    def test_a_500_is_tried_again_where_nothing_changes(self):
        patient = self.client(retry=True)
        ADMIN.send("POST", "errors", {"status": 500, "tool": "notion.get_page"})
        patient.pages.retrieve(HOME)
        self.assertEqual(self.statuses(), [500, 200])
        # What changes something the SDK leaves to its caller.
        ADMIN.send("POST", "errors", {"status": 500, "tool": "notion.create_page"})
        with self.assertRaises(APIResponseError) as raised:
            patient.pages.create(parent={"data_source_id": SOURCE}, properties={"Name": title("once")})
        self.assertEqual(raised.exception.code, APIErrorCode.InternalServerError)
        self.assertEqual(len(self.tasks()), 41)

    def test_a_conflict(self):
        ADMIN.send("POST", "faults", {"mode": "wrong_status", "tools": ["notion.update_page"], "times": 1, "with": {"cause": "conflict_error"}})
        refusal = self.refused(self.notion.pages.update, HOME, archived=True)
        self.assertEqual(refusal, (409, APIErrorCode.ConflictError, "Conflict occurred while saving. Please try again."))
        self.notion.pages.update(HOME, archived=True)

    def test_after_a_lost_reply_a_query_tells(self):
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["notion.create_page"], "times": 1})
        with self.assertRaises(httpx.TransportError):
            self.create("Water the plants")
        # It was made: whoever looks does not make it twice.
        mine = {"property": "Name", "title": {"equals": "Water the plants"}}
        if not self.tasks(filter=mine):
            self.create("Water the plants")
        self.assertEqual(len(self.tasks(filter=mine)), 1)


if __name__ == "__main__":
    unittest.main()
