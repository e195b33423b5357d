import { expect, test } from "vitest";
import { encodeDockerConfig, sketchConfig, toData } from "../../../src/secret/docker-config.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

// The right-hand side is what kubectl create secret docker-registry writes: Go's encoding/json escapes what HTML would read.
test.for<{ why: string; username: string; password: string; inside: string }>([
  {
    why: "a login",
    username: "ci",
    password: "hunter2",
    inside: `"username":"ci","password":"hunter2","auth":"${base64("ci:hunter2")}"`,
  },
  {
    why: "what HTML would read",
    username: "<ci>",
    password: "a&b",
    inside: `"username":"\\u003cci\\u003e","password":"a\\u0026b","auth":"${base64("<ci>:a&b")}"`,
  },
  {
    why: "line separators, which JSON itself allows",
    username: "ci",
    password: "a\u2028b\u2029",
    inside: `"username":"ci","password":"a\\u2028b\\u2029","auth":"${base64("ci:a\u2028b\u2029")}"`,
  },
  {
    why: "quotes, and letters beyond ASCII",
    username: "Zoë",
    password: 'a"\\b',
    inside: `"username":"Zoë","password":"a\\"\\\\b","auth":"${base64('Zoë:a"\\b')}"`,
  },
])("a config is written as kubectl writes it: $why", ({ username, password, inside }) => {
  const config = encodeDockerConfig("r.azurecr.io", { username, password: new Sensitive(password) });

  expect(config).toBe(`{"auths":{"r.azurecr.io":{${inside}}}}`);
  expect(Buffer.from(toData(config), "base64").toString()).toBe(config);
});

test("a config without a login is one of the same shape", () => {
  expect(JSON.parse(sketchConfig)).toEqual({ auths: {} });
});
