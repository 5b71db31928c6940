"""What a test says to the admin API: three calls, in plain Python."""

import json
import urllib.request


class Admin:
    def __init__(self, base_url):
        self.base_url = base_url

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/__admin/{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def reset(self):
        """State, limits, queued errors and call log are as at the start."""
        self.send("POST", "reset")

    def left(self, limit, remaining):
        """So many calls are left of a limit, for everybody."""
        self.send("PUT", "limits", {"limit": limit, "remaining": remaining})

    def freeze(self):
        """The sandbox clock stands still: nothing that is used up comes back."""
        self.send("PUT", "clock", {"mode": "frozen"})

    def calls(self):
        """The calls that the server has seen, the oldest first."""
        return self.send("GET", "calls?limit=1000")["calls"]
