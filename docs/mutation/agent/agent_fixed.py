"""The agent of agent.py without its three bugs."""

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


class NoReply(ApiError):
    """No reply came: whether anything was done is not known."""


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
            # Only the API knows which page is the last.
            if "paging" not in page:
                return contacts
            query["after"] = page["paging"]["next"]["after"]

    def pay(self, payee, amount, reference):
        """Pays by way of an escrow, which is released at once."""
        wanted = {"payer": self.name, "payee": payee, "amount": amount, "description": reference}
        try:
            escrow = self.call("create_escrow", wanted, tries=1)
        except NoReply:
            # It may be there all the same: the reference tells.
            escrow = self.pending(reference) or self.call("create_escrow", wanted, tries=1)
        release = {"escrow_id": escrow["escrow_id"], "agent_id": self.name}
        return self.call("release_escrow", release)

    def pending(self, reference):
        """The escrow of this reference that is not released yet, if there is one."""
        listed = self.call("list_escrows", {"agent_id": self.name, "status": "pending"})
        own = (escrow for escrow in listed["escrows"] if escrow.get("description") == reference)
        return next(own, None)

    def top_up(self, amount):
        """Puts money into the agent's own wallet."""
        # Without a reply, only whoever looks at the wallet can tell whether to do it again.
        reply = self.call("deposit", {"agent_id": self.name, "amount": amount}, tries=1)
        # A 200 may carry an error.
        if reply.get("deposited") != amount:
            raise ApiError(f"deposit: {reply}")

    def get(self, path, query):
        return self.send("GET", path + "?" + urllib.parse.urlencode(query), None)

    def call(self, tool, body, tries=TRIES):
        return self.send("POST", "/v1/" + tool, json.dumps(body).encode(), tries)

    def send(self, method, path, body, tries=TRIES):
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
                if attempt >= tries:
                    raise NoReply(f"{path}: {error}") from error
