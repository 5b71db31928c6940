"""The tests of agent_fixed.py. They look at what was done in the end, not at what was replied.

    sparring mutate run greenhelix crm -- python3 docs/mutation/agent/test_agent_fixed.py
"""

import json
import os
import unittest
import urllib.request

from agent_fixed import Agent

URL = os.environ.get("SPARRING_URL", "http://127.0.0.1:8080")

# How many contacts of the pack are in that stage: the rows are the same on every server.
CHURNED = 1447


class AgentTest(unittest.TestCase):
    def setUp(self):
        reset = urllib.request.Request(URL + "/__admin/reset", method="POST")
        urllib.request.urlopen(reset).close()
        self.agent = Agent(URL, "alice")

    def look(self, path):
        with urllib.request.urlopen(URL + "/__admin" + path) as reply:
            return json.load(reply)

    def balance(self, agent):
        return self.look("/wallets/" + agent)["balance"]

    def test_contacts_are_exported(self):
        contacts = self.agent.export_contacts("churned")
        self.assertEqual(len({contact["id"] for contact in contacts}), CHURNED)
        self.assertTrue(all(contact["stage"] == "churned" for contact in contacts))

    def test_the_payee_is_paid(self):
        escrow = self.agent.pay("bob", "25.00", "invoice 7")
        self.assertEqual(escrow["status"], "released")
        self.assertEqual(self.balance("alice"), "475.00")
        self.assertEqual(self.balance("bob"), "525.00")

    def test_the_wallet_is_topped_up(self):
        self.agent.top_up("10.00")
        self.assertEqual(self.balance("alice"), "510.00")


if __name__ == "__main__":
    unittest.main()
