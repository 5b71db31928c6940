"""The tests of agent.py. They pass, and yet the agent has three bugs.

    sparring mutate run greenhelix crm -- python3 docs/mutation/agent/test_agent.py
"""

import os
import unittest
import urllib.request

from agent import Agent

URL = os.environ.get("SPARRING_URL", "http://127.0.0.1:8080")


class AgentTest(unittest.TestCase):
    def setUp(self):
        reset = urllib.request.Request(URL + "/__admin/reset", method="POST")
        urllib.request.urlopen(reset).close()
        self.agent = Agent(URL, "alice")

    def test_contacts_are_exported(self):
        contacts = self.agent.export_contacts("churned")
        self.assertTrue(contacts)
        self.assertTrue(all(contact["stage"] == "churned" for contact in contacts))

    def test_the_payee_is_paid(self):
        escrow = self.agent.pay("bob", "25.00", "invoice 7")
        self.assertEqual(escrow["status"], "released")

    def test_the_wallet_is_topped_up(self):
        self.agent.top_up("10.00")


if __name__ == "__main__":
    unittest.main()
