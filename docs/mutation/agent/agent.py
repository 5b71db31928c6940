"""A small agent that works with a CRM and a payment API. It has three bugs, which no test of
test_agent.py finds: `sparring mutate run` does. agent_fixed.py is the same without them."""

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE_SECONDS = 5
TRIES = 3
PAGE_SIZE = 200


class ApiError(Exception):
    """The API refused, or did not answer."""


class Agent:
    def __init__(self, base_url, name):
        self.base_url = base_url
        self.name = name

    def export_contacts(self, stage):
        """All contacts in a stage."""
        contacts, query = [], {"stage": stage, "limit": PAGE_SIZE}
        while True:
            page = self.get("/crm/v1/contacts", query)
            contacts += page["results"]
            # Bug 1: a page that is not full need not be the last one.
            if len(page["results"]) < PAGE_SIZE:
                return contacts
            query["after"] = page["paging"]["next"]["after"]

    def pay(self, payee, amount, reference):
        """Pays by way of an escrow, which is released at once."""
        escrow = self.call(
            "create_escrow",
            {"payer": self.name, "payee": payee, "amount": amount, "description": reference},
        )
        release = {"escrow_id": escrow["escrow_id"], "agent_id": self.name}
        return self.call("release_escrow", release)

    def top_up(self, amount):
        """Puts money into the agent's own wallet."""
        # Bug 3: a 200 may carry an error.
        self.call("deposit", {"agent_id": self.name, "amount": amount})

    def get(self, path, query):
        return self.send("GET", path + "?" + urllib.parse.urlencode(query), None)

    def call(self, tool, body):
        return self.send("POST", "/v1/" + tool, json.dumps(body).encode())

    def send(self, method, path, body):
        """Sends a request; again, if the server is busy or the connection breaks."""
        request = urllib.request.Request(self.base_url + path, data=body, method=method)
        for attempt in range(1, TRIES + 1):
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 502, 503) or attempt == TRIES:
                    raise ApiError(f"{path}: {error.code} {error.read().decode()}") from error
                time.sleep(min(float(error.headers.get("Retry-After", 0.1)), 2))
            except (OSError, http.client.HTTPException) as error:
                # Bug 2: what the reply was lost of may be done all the same, and is now done twice.
                if attempt == TRIES:
                    raise ApiError(f"{path}: {error}") from error
