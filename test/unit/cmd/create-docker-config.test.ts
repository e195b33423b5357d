import { expect, test } from "vitest";
import { demo, unchecked } from "../../support/demo.ts";
import { type } from "../../support/in-process.ts";

const line = "create --registry myregistry.azurecr.io --serviceaccount default -n demo";
const config = JSON.stringify({ auths: { "myregistry.azurecr.io": { auth: Buffer.from("ci:hunter2").toString("base64") } } });

test.for([
  { from: "config.json", given: { files: { "config.json": config } } },
  { from: "-", given: { stdin: config } },
])("a login is taken out of a docker config, $from, and kept by a second run", async ({ from, given }) => {
  const world = demo();
  world.azure.users.set("ci", "hunter2");
  const typed = () => type(`${line} --from-docker-config ${from}`, world.ports, given);

  expect(await typed()).toEqual({
    stdout: "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n",
    stderr: unchecked,
    code: 0,
  });
  expect(world.loginIn("demo")).toMatchObject({ username: "ci", password: "hunter2" });
  world.asking.forget();
  expect(await typed()).toMatchObject({ stdout: "secret/acr-myregistry unchanged\nserviceaccount/default unchanged\n", code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { more: "--from-docker-config no.json", says: "error: cannot read no.json: there is no such file\n" },
  { more: "--from-docker-config=", says: 'error: invalid argument "" for "--from-docker-config" flag: it is empty\n' },
  { more: "--from-docker-config c --username ci", says: "[from-docker-config username] were all set" },
  { more: "--from-docker-config c --expires-in 1h", says: "[expires-in from-docker-config] were all set" },
])("$more: $says", async ({ more, says }) => {
  const world = demo();

  expect(await type(`${line} ${more}`, world.ports)).toMatchObject({ stdout: "", stderr: expect.stringContaining(says), code: 1 });
  expect(world.asking.writes).toEqual([]);
});
