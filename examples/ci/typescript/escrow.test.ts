// The server in a container of its own, for the tests of a Node.js project.
//
//   npm install --save-dev testcontainers && SPARRING_IMAGE=sparring node --test escrow.test.ts

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { randomUUID } from "node:crypto";
import { GenericContainer, Wait, type StartedTestContainer } from "testcontainers";

let container: StartedTestContainer;
let server: string;
let sandbox: string;

before(async () => {
  container = await new GenericContainer(process.env.SPARRING_IMAGE ?? "sparring")
    .withEnvironment({ SPARRING_SEED: "1" })
    .withExposedPorts(8080)
    // Waiting for a port, which is the default, would need a shell in the image.
    .withWaitStrategy(Wait.forHttp("/__admin/health", 8080).forStatusCode(200))
    .start();
  server = `http://${container.getHost()}:${container.getMappedPort(8080)}`;
});

after(() => container.stop());

// A sandbox that only this test sees.
beforeEach(async () => {
  const id = randomUUID();
  await post(`${server}/__admin/sandboxes`, { id });
  sandbox = `${server}/s/${id}`;
});

async function post(url: string, body: object): Promise<string> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(reply.ok, `${url}: ${reply.status}`);
  return reply.text();
}

test("an amount is held", async () => {
  await post(`${sandbox}/v1/create_escrow`, { payer: "alice", payee: "bob", amount: "25.00" });
  assert.match(await post(`${sandbox}/v1/get_balance`, { agent_id: "alice" }), /475\.00/);
});
