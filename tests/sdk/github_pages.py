"""PyGithub: the links of the header forwards and backwards, the count it reads from them, the limits."""

import sys
import time
import unittest

from github import Auth, Github, GithubRetry
from github.GithubException import RateLimitExceededException, UnknownObjectException

from admin import Admin

BASE_URL = sys.argv.pop()
ADMIN = Admin(BASE_URL)


def client(**options):
    options = {"retry": None, "seconds_between_requests": None, **options}
    return Github(base_url=f"{BASE_URL}/github", auth=Auth.Token("ghp_anything"), **options)


class Pages(unittest.TestCase):
    def setUp(self):
        ADMIN.reset()

    def test_all_pages_forwards(self):
        repository = client().get_repo("octo/hello")
        numbers = [issue.number for issue in repository.get_issues(state="all")]
        self.assertEqual(numbers, list(range(47, 0, -1)))
        # The repository, and two pages of 30.
        self.assertEqual(len(ADMIN.calls()), 3)

    def test_all_pages_backwards(self):
        repository = client(per_page=10).get_repo("octo/hello")
        numbers = [issue.number for issue in repository.get_issues(state="all").reversed]
        self.assertEqual(numbers, list(range(1, 48)))

    def test_the_count_is_read_from_the_last_link(self):
        repository = client().get_repo("octo/hello")
        issues = repository.get_issues(state="all")
        self.assertEqual(issues.totalCount, 47)
        self.assertIn("per_page=1", ADMIN.calls()[-1]["request"]["url"])

    def test_a_filter_holds_on_every_page(self):
        repository = client(per_page=5).get_repo("octo/hello")
        count = {state: len(list(repository.get_issues(state=state))) for state in ("open", "closed", "all")}
        self.assertGreater(count["closed"], 0)
        self.assertEqual(count["open"] + count["closed"], count["all"])
        self.assertTrue(all(issue.state == "open" for issue in repository.get_issues()))

    def test_a_page_by_number(self):
        issues = client(per_page=20).get_repo("octo/hello").get_issues(state="all")
        self.assertEqual([len(issues.get_page(number)) for number in range(4)], [20, 20, 7, 0])
        self.assertEqual(issues[46].number, 1)

    def test_an_issue_that_is_gone_meanwhile_hides_another(self):
        issues = iter(client(per_page=10).get_repo("octo/hello").get_issues(state="all"))
        numbers = [next(issues).number]
        ADMIN.send("DELETE", "collections/issues/47")
        numbers += [issue.number for issue in issues]
        self.assertNotIn(37, numbers)

    def test_what_is_not_there(self):
        github = client()
        with self.assertRaises(UnknownObjectException) as raised:
            github.get_repo("octo/nothing")
        self.assertEqual(raised.exception.status, 404)
        with self.assertRaises(UnknownObjectException):
            github.get_repo("octo/hello").get_issue(999)

    def test_the_limits_that_the_headers_tell(self):
        github = client()
        github.get_repo("octo/hello")
        self.assertEqual(github.rate_limiting, (4999, 5000))
        self.assertAlmostEqual(github.rate_limiting_resettime, time.time() + 3600, delta=60)
        ADMIN.left("github-primary", 3)
        github.get_repo("octo/hello")
        self.assertEqual(github.rate_limiting[0], 2)

    def test_no_calls_left(self):
        ADMIN.left("github-primary", 0)
        github = client()
        with self.assertRaises(RateLimitExceededException) as raised:
            github.get_repo("octo/hello")
        self.assertEqual(raised.exception.status, 403)
        self.assertEqual(raised.exception.headers["x-ratelimit-remaining"], "0")

    def test_pygithub_waits_as_long_as_it_is_told(self):
        github = client(retry=GithubRetry(total=1))
        ADMIN.send("POST", "errors", {
            "status": 403, "tool": "list_issues", "headers": {"retry-after": "1"},
            "body": {"message": "You have exceeded a secondary rate limit."},
        })
        began = time.monotonic()
        issues = list(github.get_repo("octo/hello").get_issues(state="all"))
        self.assertEqual(len(issues), 47)
        self.assertGreaterEqual(time.monotonic() - began, 1)


if __name__ == "__main__":
    unittest.main()
