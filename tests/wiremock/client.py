"""Everything that the Python package `wiremock` can call, unmodified, against a live server.

Called with a base URL, and whether WireMock itself or Sparring answers there. The assertions are
the same, so that WireMock proves them; where the two are known to differ, it is said.
"""

import inspect
import sys

import requests
from wiremock.client import *
from wiremock.constants import Config
from wiremock.exceptions import (
    ApiUnavailableException,
    ClientException,
    InvalidInputException,
    NotFoundException,
    ServerException,
)

BASE, SERVER = sys.argv[1], sys.argv[2]
RESOURCES = [Mappings, Requests, NearMisses, Scenarios, GlobalSettings]
UNKNOWN = "76ada7b0-55ae-4229-91c4-396a36f18347"
Config.base_url = f"{BASE}/__admin"
called = set()


def note_calls(frame, event, _):
    if event == "call" and "wiremock" in frame.f_code.co_filename:
        called.add(frame.f_code)


def raises(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call.__qualname__} should have raised {kind.__name__}")


def hello(**more):
    return Mapping(
        priority=100,
        request=MappingRequest(method=HttpMethods.GET, url="/hello"),
        response=MappingResponse(status=200, body="hi"),
        **more,
    )


def reset():
    Mappings.delete_all_mappings()
    requests.delete(f"{Config.base_url}/requests").raise_for_status()


def mappings_live():
    made = Mappings.create_mapping(hello(persistent=False))
    assert made.id and made.priority == 100, made.get_json_data()
    assert made.request.url == "/hello" and made.response.body == "hi"
    answer = requests.get(f"{BASE}/hello")
    assert (answer.status_code, answer.text) == (200, "hi"), answer.text
    assert answer.headers["Matched-Stub-Id"] == made.id

    every = Mappings.retrieve_all_mappings()
    assert every.meta.total == 1 and [one.id for one in every.mappings] == [made.id]
    assert Mappings.retrieve_all_mappings({"limit": 1, "offset": 1}).mappings == []
    for name in (made.id, made):
        assert Mappings.retrieve_mapping(name).request.method == "GET"

    made.response.body = "changed"
    changed = Mappings.update_mapping(made)
    assert changed.id == made.id and changed.response.body == "changed"
    assert requests.get(f"{BASE}/hello").text == "changed"

    assert Mappings.delete_mapping(made.id).status_code == 200
    assert requests.get(f"{BASE}/hello").status_code == 404
    raises(NotFoundException, Mappings.retrieve_mapping, made.id)
    raises(NotFoundException, Mappings.update_mapping, made)
    raises(NotFoundException, Mappings.delete_mapping, made)
    raises(InvalidInputException, Mappings.create_mapping, {"no": "mapping"})


def mappings_end():
    Mappings.create_mapping(hello(metadata={"team": "red"}))
    Mappings.create_mapping(hello(metadata={"team": "blue"}))
    by_team = {"matchesJsonPath": {"expression": "$.team", "equalTo": "red"}}
    assert Mappings.delete_mapping_by_metadata(by_team).status_code == 200
    left = Mappings.retrieve_all_mappings()
    assert [one.metadata for one in left.mappings] == [{"team": "blue"}]

    assert Mappings.delete_all_mappings().status_code == 200
    assert Mappings.retrieve_all_mappings().meta.total == 0

    Mappings.create_mapping(hello())
    assert Mappings.reset_mappings().status_code == 200
    assert Mappings.retrieve_all_mappings().meta.total == 0

    if "/s/" in BASE:
        # Only the sandbox `default` has files of its own on the disk.
        raises(ServerException, Mappings.persist_mappings)
        return
    kept = Mappings.create_mapping(hello())
    assert Mappings.persist_mappings().status_code == 200
    Mappings.reset_mappings()
    assert [one.id for one in Mappings.retrieve_all_mappings().mappings] == [kept.id]
    Mappings.delete_all_mappings()
    Mappings.reset_mappings()
    assert Mappings.retrieve_all_mappings().meta.total == 0


def everything_a_mapping_says():
    mapping = Mapping(
        priority=1,
        request=MappingRequest(
            method=HttpMethods.POST,
            url_path="/full",
            cookies={"session": {WireMockMatchers.EQUAL_TO: "abc"}},
            headers={
                CommonHeaders.ACCEPT: {WireMockMatchers.CONTAINS: "xml"},
                CommonHeaders.CONTENT_TYPE: {WireMockMatchers.EQUAL_TO: "application/json"},
                "X-None": {WireMockMatchers.ABSENT: True},
            },
            query_parameters={"q": {WireMockMatchers.MATCHES: "[0-9]+"}},
            body_patterns=[
                {
                    WireMockMatchers.EQUAL_TO_JSON: '{"a": [1, 2]}',
                    WireMockMatchers.IGNORE_ARRAY_ORDER: True,
                    WireMockMatchers.IGNORE_EXTRA_ELEMENTS: True,
                },
                {WireMockMatchers.MATCHES_JSON_PATH: "$.a"},
                {WireMockMatchers.DOES_NOT_MATCH: "nothing"},
            ],
        ),
        response=MappingResponse(
            status=201,
            status_message="Done",
            json_body={"got": "{{request.query.q}}"},
            headers={"Content-Type": "application/json", "X-Many": ["one", "two"]},
            transformers=["response-template"],
            transformer_parameters={"a": "b"},
            delay_distribution=DelayDistribution(
                distribution_type=DelayDistributionMethods.UNIFORM, lower=1, upper=5
            ),
            fixed_delay_milliseconds=1,
        ),
    )
    made = Mappings.create_mapping(mapping)
    assert made.response.delay_distribution.upper == 5, made.get_json_data()
    assert made.request.headers["X-None"] == {"absent": True}, made.get_json_data()

    def call(**changes):
        call = {
            "params": {"q": "17"},
            "headers": {"Accept": "text/xml", "Content-Type": "application/json"},
            "cookies": {"session": "abc"},
            "data": '{"a": [2, 1], "b": 3}',
        }
        call.update(changes)
        return requests.post(f"{BASE}/full", **call)

    answer = call()
    assert (answer.status_code, answer.reason) == (201, "Done"), answer.text
    assert answer.json() == {"got": "17"} and answer.headers["X-Many"] == "one, two"
    assert call(params={"q": "x"}).status_code == 404
    assert call(cookies={}).status_code == 404
    assert call(data='{"a": [2]}').status_code == 404
    assert call(headers={"Accept": "text/xml"}).status_code == 404

    lognormal = DelayDistribution(
        distribution_type=DelayDistributionMethods.LOG_NORMAL, median=2, sigma=0.1
    )
    slow = MappingResponse(body="slow", delay_distribution=lognormal)
    slow = Mapping(request=MappingRequest(method="ANY", url_path_pattern="/slow.*"), response=slow)
    assert Mappings.create_mapping(slow).response.delay_distribution.sigma == 0.1
    assert requests.get(f"{BASE}/slowly").text == "slow"

    binary = MappingResponse(base64_body="AAEC/w==")
    Mappings.create_mapping(
        Mapping(request=MappingRequest(method="GET", url_pattern="/b.*"), response=binary)
    )
    assert requests.get(f"{BASE}/binary").content == b"\x00\x01\x02\xff"

    xml = MappingRequest(
        method="POST",
        url="/xml",
        body_patterns=[
            {WireMockMatchers.EQUAL_TO_XML: "<a><b>1</b></a>"},
            {WireMockMatchers.MATCHES_X_PATH: "/a/b"},
        ],
    )
    Mappings.create_mapping(Mapping(request=xml, response=MappingResponse(status=202)))
    assert requests.post(f"{BASE}/xml", data="<a> <b>1</b> </a>").status_code == 202
    assert requests.post(f"{BASE}/xml", data="<a><b>2</b></a>").status_code == 404

    for fault in ("EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE"):
        assert getattr(ResponseFaultType, fault) == fault
        broken = MappingResponse(status=200, fault=fault)
        Mappings.create_mapping(
            Mapping(request=MappingRequest(method="GET", url="/broken"), response=broken)
        )
        raises(requests.RequestException, requests.get, f"{BASE}/broken")

    mistaken = Mapping(request=MappingRequest(metadata={"a": 1}), response=MappingResponse())
    raises(InvalidInputException, Mappings.create_mapping, mistaken)

    secret = BasicAuthCredentials(username="u", password="p")
    closed = MappingRequest(method="GET", url="/closed", basic_auth_credentials=secret)
    Mappings.create_mapping(Mapping(request=closed, response=MappingResponse(status=200)))
    assert requests.get(f"{BASE}/closed", auth=("u", "p")).status_code == 200
    assert requests.get(f"{BASE}/closed", auth=("u", "x")).status_code == 404


def scenarios_flow():
    def step(required, then, body):
        return Mapping(
            scenario_name="list",
            required_scenario_state=required,
            new_scenario_state=then,
            request=MappingRequest(method="GET", url="/flow"),
            response=MappingResponse(body=body),
        )

    made = Mappings.create_mapping(step("Started", "seen", "first"))
    assert made.scenario_name == "list" and made.new_scenario_state == "seen"
    Mappings.create_mapping(step("seen", None, "second"))
    told = [requests.get(f"{BASE}/flow").text for _ in range(3)]
    assert told == ["first", "second", "second"], told
    assert Scenarios.reset_all_scenarios().status_code == 200
    assert requests.get(f"{BASE}/flow").text == "first"


def requests_journal():
    Mappings.create_mapping(hello())
    requests.get(f"{BASE}/hello", headers={"X-One": "1"})
    requests.post(f"{BASE}/missing?a=b", data="text")

    every = Requests.get_all_received_requests(parameters={})
    assert every.meta.total == 2 and every.request_journal_disabled is False
    newest = every.requests[0]
    assert (newest.request.method, newest.request.url) == ("POST", "/missing?a=b")
    assert newest.request.body == "text" and newest.request.body_as_base64 == "dGV4dA=="
    assert newest.response_definition.status == 404
    assert newest.request.absolute_url == f"{BASE}/missing?a=b", newest.request.absolute_url
    one = Requests.get_all_received_requests(limit=1, parameters={})
    assert len(one.requests) == 1
    since = Requests.get_all_received_requests(since="2099-01-01T00:00:00Z", parameters={})
    assert since.requests == []

    same = Requests.get_request(newest.id)
    assert same.id == newest.id and same.request.logged_date == newest.request.logged_date
    raises(NotFoundException, Requests.get_request, UNKNOWN)

    got = NearMissMatchPatternRequest(method="GET", url="/hello")
    assert Requests.get_matching_request_count(got).count == 1
    by_header = NearMissMatchPatternRequest(
        url_path_pattern="/.*", headers={"X-One": {"equalTo": "1"}}
    )
    assert Requests.get_matching_request_count(by_header).count == 1
    found = Requests.get_matching_requests(NearMissMatchPatternRequest(method="POST"))
    assert [one.url for one in found.requests] == ["/missing?a=b"]
    assert found.requests[0].headers["Content-Length"] == "4", found.requests[0].headers

    assert [one.url for one in Requests.get_unmatched_requests().requests] == ["/missing?a=b"]
    near = Requests.get_unmatched_requests_near_misses()
    assert len(near.near_misses) == 1
    assert near.near_misses[0].request.url == "/missing?a=b"
    assert 0 < near.near_misses[0].match_result.distance < 1
    raises(InvalidInputException, Requests.get_matching_requests, {})

    if SERVER == "wiremock":
        # Its router lacks the route that its own document and its clients have.
        raises(NotFoundException, Requests.reset_request_journal)
    else:
        assert Requests.reset_request_journal().status_code == 200
        assert Requests.get_all_received_requests(parameters={}).requests == []


def near_misses():
    made = Mappings.create_mapping(hello())
    wanted = NearMissMatchRequest(method="GET", url="/hallo", absolute_url=f"{BASE}/hallo")
    found = NearMisses.find_nearest_misses_by_request(wanted)
    assert found.near_misses[0].match_result.distance > 0
    assert found.near_misses[0].request.url == "/hallo"

    requests.get(f"{BASE}/hallo")
    pattern = NearMissMatchPatternRequest(method="GET", url="/hullo")
    found = NearMisses.find_nearest_misses_by_request_pattern(pattern)
    assert found.near_misses[0].request.url == "/hallo"
    assert found.near_misses[0].request_pattern.url == "/hullo"
    raises(InvalidInputException, NearMisses.find_nearest_misses_by_request, made)
    raises(InvalidInputException, NearMisses.find_nearest_misses_by_request_pattern, made)


def settings():
    # WireMock 3 answers with no body, which this client cannot read; the setting is made.
    unreadable = requests.exceptions.JSONDecodeError
    raises(unreadable, GlobalSettings.update_global_settings, GlobalSetting(fixed_delay=1))
    there = requests.get(f"{Config.base_url}/settings").json()
    assert there["settings"]["fixedDelay"] == 1, there
    raises(unreadable, GlobalSettings.update_global_settings, GlobalSetting(fixed_delay=0))
    there = requests.get(f"{Config.base_url}/settings").json()
    assert there["settings"]["fixedDelay"] == 0, there


def what_goes_wrong():
    raises(ClientException, Mappings.retrieve_mapping, "not-an-id")
    nowhere = Config.base_url
    Config.base_url = "http://127.0.0.1:1/__admin"
    raises(ApiUnavailableException, Mappings.retrieve_all_mappings)
    Config.base_url = nowhere


def every_call_was_made():
    """No call of the client was forgotten."""
    missing = []
    for resource in RESOURCES:
        for name, member in inspect.getmembers(resource, inspect.ismethod):
            own = member.__func__.__qualname__.startswith(resource.__name__ + ".")
            says_where = name.startswith("endpoint") or name == "entity_class"
            if own and not says_where and member.__func__.__code__ not in called:
                missing.append(f"{resource.__name__}.{name}")
    assert not missing, f"never called: {missing}"


sys.setprofile(note_calls)
for check in (
    mappings_live,
    mappings_end,
    everything_a_mapping_says,
    scenarios_flow,
    requests_journal,
    near_misses,
    settings,
    what_goes_wrong,
):
    reset()
    try:
        check()
    except Exception as error:
        raise AssertionError(f"{check.__name__}, at {BASE} ({SERVER})") from error
sys.setprofile(None)
reset()
every_call_was_made()
