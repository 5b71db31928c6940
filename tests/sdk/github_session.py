"""PyGithub, a whole session: links, issues and comments, conditional requests, limits, what one may not see, lost replies."""

import sys
import time
import unittest
from datetime import datetime, timezone

from github import Auth, Github, GithubRetry
from github.GithubException import (
    BadCredentialsException,
    GithubException,
    RateLimitExceededException,
    UnknownObjectException,
)
from requests.exceptions import ConnectionError

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)


def client(token="ghp_octocat", **options):
    options = {"retry": None, "seconds_between_requests": None, "seconds_between_writes": None, **options}
    auth = Auth.Token(token) if token else None
    return Github(base_url=f"{BASE_URL}/github", auth=auth, **options)


class Session(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()

    def hello(self, **options):
        return client(**options).get_repo("octo-org/hello")

    def refused(self, function, *arguments, **named):
        """The status and the body of a call that is refused."""
        with self.assertRaises(GithubException) as raised:
            function(*arguments, **named)
        return raised.exception.status, raised.exception.data

    def statuses(self):
        return [call["status"] for call in ADMIN.calls()]


class Pages(Session):
    def test_all_issues_forwards(self):
        numbers = [issue.number for issue in self.hello().get_issues(state="all")]
        self.assertEqual(numbers, list(range(47, 0, -1)))
        # The repository, and two pages of 30.
        self.assertEqual(len(ADMIN.calls()), 3)

    def test_all_issues_backwards(self):
        numbers = [issue.number for issue in self.hello(per_page=10).get_issues(state="all").reversed]
        self.assertEqual(numbers, list(range(1, 48)))

    def test_the_count_is_read_from_the_last_link(self):
        self.assertEqual(self.hello().get_issues(state="all").totalCount, 47)
        self.assertIn("per_page=1", ADMIN.calls()[-1]["request"]["url"])

    def test_a_page_by_number(self):
        issues = self.hello(per_page=20).get_issues(state="all")
        self.assertEqual([len(issues.get_page(number)) for number in range(4)], [20, 20, 7, 0])
        self.assertEqual(issues[46].number, 1)

    def test_an_issue_that_is_gone_meanwhile_hides_another(self):
        issues = iter(self.hello(per_page=10).get_issues(state="all"))
        numbers = [next(issues).number]
        ADMIN.send("DELETE", "collections/github.issues/octo-org%2Fhello%2347")
        numbers += [issue.number for issue in issues]
        self.assertNotIn(37, numbers)

    def test_all_repositories_of_an_organization(self):
        organization = client(per_page=10).get_organization("octo-org")
        names = [repository.name for repository in organization.get_repos()]
        # Four are named for what they show; three are private, of which octocat may see all.
        self.assertEqual((len(names), names[-1], "secret-plans" in names), (35, "hello", True))
        self.assertEqual(len(list(client(None).get_organization("octo-org").get_repos())), 32)

    def test_all_repositories_of_a_user(self):
        repositories = list(client(per_page=20).get_user("octocat").get_repos())
        self.assertEqual([repository.name for repository in repositories][:2], ["notes-01", "notes-02"])
        self.assertEqual((len(repositories), len(list(client().get_user().get_repos()))), (31, 66))

    def test_all_comments(self):
        comments = list(self.hello(per_page=15).get_issue(1).get_comments())
        self.assertEqual(len(comments), 34)
        self.assertEqual([comment.id for comment in comments], sorted(comment.id for comment in comments))


class Filters(Session):
    def test_state(self):
        repository = self.hello(per_page=5)
        count = {state: len(list(repository.get_issues(state=state))) for state in ("open", "closed", "all")}
        self.assertEqual(count, {"open": 38, "closed": 9, "all": 47})
        self.assertTrue(all(issue.state == "open" for issue in repository.get_issues()))

    def test_people(self):
        repository = self.hello()
        mine = list(repository.get_issues(state="all", creator="mona"))
        self.assertTrue(mine and all(issue.user.login == "mona" for issue in mine))
        assigned = {who: list(repository.get_issues(state="all", assignee=who)) for who in ("*", "none", "hubot")}
        self.assertEqual(len(assigned["*"]) + len(assigned["none"]), 47)
        self.assertTrue(all("hubot" in [one.login for one in issue.assignees] for issue in assigned["hubot"]))

    def test_order(self):
        repository = self.hello(per_page=7)
        for sort, member in [("created", "created_at"), ("updated", "updated_at"), ("comments", "comments")]:
            for direction in ("asc", "desc"):
                with self.subTest(sort=sort, direction=direction):
                    issues = list(repository.get_issues(state="all", sort=sort, direction=direction))
                    values = [getattr(issue, member) for issue in issues]
                    self.assertEqual(values, sorted(values, reverse=direction == "desc"))

    def test_labels(self):
        repository = self.hello()
        both = list(repository.get_issues(state="all", labels=["bug", "help wanted"]))
        self.assertTrue(both)
        for issue in both:
            self.assertLessEqual({"bug", "help wanted"}, {label.name for label in issue.labels})
        self.assertGreater(repository.get_issues(state="all", labels=["bug"]).totalCount, len(both))

    def test_since(self):
        since = datetime(2025, 10, 1, tzinfo=timezone.utc)
        issues = list(self.hello().get_issues(state="all", since=since))
        self.assertTrue(0 < len(issues) < 47 and all(issue.updated_at >= since for issue in issues))


class Search(Session):
    def found(self, query, token="ghp_octocat", **options):
        return list(client(token, per_page=10).search_issues(query, **options))

    def test_all_that_is_found(self):
        found = client(per_page=10).search_issues("repo:octo-org/hello is:issue")
        self.assertEqual((found.totalCount, len(list(found))), (47, 47))

    def test_qualifiers(self):
        repository = self.hello()
        for query, expected in [
            ("is:closed", repository.get_issues(state="closed")),
            ("is:open label:bug", repository.get_issues(labels=["bug"])),
            ('is:open label:"help wanted" label:bug', repository.get_issues(labels=["bug", "help wanted"])),
            ("author:mona", repository.get_issues(state="all", creator="mona")),
            ("assignee:hubot state:open", repository.get_issues(assignee="hubot")),
            ("no:assignee", repository.get_issues(state="all", assignee="none")),
            ("updated:>=2025-10-01", repository.get_issues(state="all", since=datetime(2025, 10, 1, tzinfo=timezone.utc))),
            ("-is:open", repository.get_issues(state="closed")),
        ]:
            with self.subTest(query=query):
                numbers = {issue.number for issue in expected}
                self.assertTrue(numbers)
                self.assertEqual({issue.number for issue in self.found(f"repo:octo-org/hello {query}")}, numbers)

    def test_words(self):
        titles = [issue.title for issue in self.found("windows paths is:open")]
        self.assertEqual(titles, ["Support for Windows paths"])

    def test_order(self):
        found = self.found("repo:octo-org/hello", sort="comments", order="asc")
        counts = [issue.comments for issue in found]
        self.assertEqual(counts, sorted(counts))

    def test_what_one_may_not_see_is_not_found(self):
        self.assertEqual(len(self.found("finalists")), 1)
        self.assertEqual(self.found("finalists", token="ghp_hubot"), [])
        status, body = self.refused(self.found, "repo:octo-org/secret-plans", token="ghp_hubot")
        self.assertEqual((status, body["errors"][0]["field"], body["errors"][0]["code"]), (422, "q", "invalid"))

    def test_it_has_a_limit_of_its_own(self):
        ADMIN.left("github.search", 0)
        with self.assertRaises(RateLimitExceededException) as raised:
            self.found("windows")
        self.assertEqual(raised.exception.headers["x-ratelimit-resource"], "search")
        self.hello()


class Writing(Session):
    def test_an_issue_from_its_opening_to_its_end(self):
        repository = self.hello()
        issue = repository.create_issue("The door squeaks", body="Since Monday.", labels=["bug", "doors"], assignees=["mona"])
        self.assertEqual((issue.number, issue.state, issue.user.login), (48, "open", "octocat"))
        self.assertEqual([label.name for label in issue.labels], ["bug", "doors"])
        # Who is assigned comes whole, with the address of the rest.
        self.assertEqual([(one.login, one.name) for one in issue.assignees], [("mona", "Mona Lisa")])

        comment = issue.create_comment("Oil helps.")
        self.assertEqual([one.body for one in issue.get_comments()], ["Oil helps."])
        self.assertEqual(comment.user.login, "octocat")

        issue.edit(state="closed", state_reason="completed")
        self.assertEqual((issue.state, issue.state_reason, issue.comments), ("closed", "completed", 1))
        self.assertIsNotNone(issue.closed_at)
        self.assertNotIn(48, [one.number for one in repository.get_issues()])

        issue.edit(state="open", title="The door still squeaks", labels=[])
        again = repository.get_issue(48)
        self.assertEqual((again.title, again.state, again.closed_at, again.labels), ("The door still squeaks", "open", None, []))
        self.assertEqual(again.body, "Since Monday.")

    def test_what_a_stranger_may_not_say_is_passed_over(self):
        issue = self.hello(token="ghp_hubot").create_issue("Hello", labels=["bug"], assignees=["mona"])
        self.assertEqual((issue.labels, issue.assignees, issue.user.login), ([], [], "hubot"))
        issue.edit(body="mine")
        status, body = self.refused(self.hello(token="ghp_hubot").get_issue(1).edit, title="x")
        self.assertEqual((status, body["message"]), (403, "Must have admin rights to Repository."))

    def test_the_counts_of_the_repository(self):
        repository = self.hello()
        repository.create_issue("One more").edit(state="closed")
        repository.create_issue("And one")
        self.assertEqual(self.hello().open_issues_count, repository.open_issues_count + 1)


class Conditions(Session):
    def test_what_has_not_changed_is_304_and_costs_nothing(self):
        github = client()
        issue = github.get_repo("octo-org/hello").get_issue(1)
        for _ in range(3):
            self.assertFalse(issue.update())
        self.assertEqual(self.statuses(), [200, 200, 304, 304, 304])
        self.assertEqual(github.get_rate_limit().resources.core.remaining, 4998)
        github.get_repo("octo-org/hello").get_issue(1).edit(body="changed")
        self.assertTrue(issue.update())
        self.assertEqual(issue.body, "changed")


    def test_a_list_that_has_not_changed_is_304(self):
        github = client()
        url = "/repos/octo-org/hello/issues"
        status, headers, _ = github.requester.requestJson("GET", url, parameters={"per_page": 5})
        etag = headers["etag"]
        status, _, body = github.requester.requestJson("GET", url, parameters={"per_page": 5}, headers={"If-None-Match": etag})
        self.assertEqual((status, body), (304, ""))
        self.hello().create_issue("One more")
        status, _, _ = github.requester.requestJson("GET", url, parameters={"per_page": 5}, headers={"If-None-Match": etag})
        self.assertEqual(status, 200)


class Refusals(Session):
    def test_tokens(self):
        for token in ("ghp_nobody", "ghp_revoked", "ghp_expired"):
            with self.subTest(token=token), self.assertRaises(BadCredentialsException) as raised:
                client(token).get_repo("octo-org/hello")
            self.assertEqual(raised.exception.data["message"], "Bad credentials")
        status, body = self.refused(self.hello(token=None).create_issue, "x")
        self.assertEqual((status, body["message"]), (401, "Requires authentication"))

    def test_what_one_may_not_see_is_not_there(self):
        client().get_repo("octo-org/secret-plans").get_issue(1)
        for token in (None, "ghp_public", "ghp_hubot"):
            with self.subTest(token=token), self.assertRaises(UnknownObjectException):
                client(token).get_repo("octo-org/secret-plans")
        with self.assertRaises(UnknownObjectException):
            self.hello().get_issue(999)

    def test_what_one_may_see_and_not_change(self):
        read = self.hello(token="github_pat_read")
        status, body = self.refused(read.create_issue, "x")
        self.assertEqual((status, body["message"]), (403, "Resource not accessible by personal access token"))
        status, body = self.refused(client().get_repo("octo-org/attic").create_issue, "x")
        self.assertEqual((status, body["message"]), (403, "Repository was archived so is read-only."))

    def test_issues_that_are_switched_off(self):
        status, _ = self.refused(client().get_repo("octo-org/no-issues").create_issue, "x")
        self.assertEqual(status, 410)

    def test_input_that_is_wrong_is_named(self):
        repository = self.hello()
        for arguments, error in [
            ({"title": ""}, {"resource": "Issue", "code": "missing_field", "field": "title"}),
            ({"title": "x", "assignees": ["nobody"]}, {"resource": "Issue", "code": "invalid", "field": "assignees", "value": ["nobody"]}),
        ]:
            with self.subTest(arguments=arguments):
                status, body = self.refused(repository.create_issue, **arguments)
                self.assertEqual((status, body["message"], body["errors"]), (422, "Validation Failed", [error]))
        status, body = self.refused(repository.get_issue(1).edit, state="ajar")
        self.assertEqual((status, body["errors"][0]["field"]), (422, "state"))


    def test_a_search_that_is_wrong(self):
        status, body = self.refused(lambda: list(client().search_issues('label:"open')))
        self.assertEqual((status, body["errors"][0]["resource"], body["errors"][0]["code"]), (422, "Search", "invalid"))


class Limits(Session):
    def test_scopes_are_told(self):
        github = client("ghp_public")
        github.get_repo("octo-org/hello")
        self.assertEqual(github.oauth_scopes, ["public_repo"])

    def test_the_headers_tell_them(self):
        github = client()
        github.get_repo("octo-org/hello")
        self.assertEqual(github.rate_limiting, (4999, 5000))
        self.assertAlmostEqual(github.rate_limiting_resettime, time.time() + 3600, delta=60)
        ADMIN.left("github.core", 3)
        github.get_repo("octo-org/hello")
        self.assertEqual(github.rate_limiting[0], 2)

    def test_to_ask_for_them_costs_nothing(self):
        github = client()
        github.get_repo("octo-org/hello")
        for _ in range(3):
            overview = github.get_rate_limit()
        self.assertEqual((overview.resources.core.remaining, overview.resources.core.limit, overview.resources.search.limit), (4999, 5000, 30))

    def test_without_a_token_there_are_sixty(self):
        github = client(None)
        github.get_repo("octo-org/hello")
        self.assertEqual(github.rate_limiting, (59, 60))

    def test_no_calls_left(self):
        ADMIN.left("github.core", 0)
        with self.assertRaises(RateLimitExceededException) as raised:
            self.hello()
        self.assertEqual((raised.exception.status, raised.exception.headers["x-ratelimit-remaining"]), (403, "0"))
        # An hour later it is fresh again.
        ADMIN.freeze()
        ADMIN.send("POST", "clock/advance", {"by": "PT1H"})
        self.hello()

    def test_the_second_limit_refuses_while_calls_are_left(self):
        ADMIN.freeze()
        repository = self.hello()
        ADMIN.left("github.content-minute", 0)
        with self.assertRaises(RateLimitExceededException) as raised:
            repository.create_issue("x")
        headers = raised.exception.headers
        self.assertGreater(int(headers["x-ratelimit-remaining"]), 4000)
        self.assertIn("secondary rate limit", raised.exception.data["message"])
        ADMIN.send("POST", "clock/advance", {"by": f"PT{headers['retry-after']}S"})
        repository.create_issue("x")


class Failures(Session):
    def test_pygithub_waits_as_long_as_it_is_told(self):
        ADMIN.send("POST", "errors", {
            "status": 403, "tool": "github.list_issues", "headers": {"retry-after": "1"},
            "body": {"message": "You have exceeded a secondary rate limit."},
        })
        began = time.monotonic()
        issues = list(self.hello(retry=GithubRetry(total=1)).get_issues(state="all"))
        self.assertEqual(len(issues), 47)
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(self.statuses(), [200, 403, 200, 200])

    def test_a_429_on_the_second_page(self):
        ADMIN.send("POST", "errors", {"status": 429, "after": 1, "tool": "github.list_issues", "headers": {"retry-after": "1"}})
        retry = GithubRetry(total=1, status_forcelist=[429, *range(500, 600)])
        numbers = [issue.number for issue in self.hello(retry=retry).get_issues(state="all")]
        self.assertEqual(numbers, list(range(47, 0, -1)))
        self.assertEqual(self.statuses(), [200, 200, 429, 200])

    def test_a_500_is_tried_again(self):
        ADMIN.send("POST", "errors", {"status": 500, "tool": "github.create_issue"})
        issue = self.hello(retry=GithubRetry(total=1)).create_issue("once")
        self.assertEqual((issue.number, self.statuses()), (48, [200, 500, 201]))

    def test_after_a_lost_reply_the_list_tells(self):
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["github.create_issue"], "times": 1})
        repository = self.hello()
        with self.assertRaises(ConnectionError):
            repository.create_issue("Deploy failed")
        # It was opened: whoever looks does not open it twice.
        if "Deploy failed" not in [issue.title for issue in repository.get_issues(creator="octocat")]:
            repository.create_issue("Deploy failed")
        self.assertEqual([issue.title for issue in repository.get_issues()].count("Deploy failed"), 1)

    def test_a_retry_that_does_not_look_opens_it_twice(self):
        ADMIN.send("POST", "faults", {"mode": "lost_reply", "tools": ["github.create_issue"], "times": 1})
        repository = self.hello(retry=GithubRetry(total=1))
        repository.create_issue("Deploy failed")
        self.assertEqual([issue.title for issue in repository.get_issues()].count("Deploy failed"), 2)


if __name__ == "__main__":
    unittest.main()
