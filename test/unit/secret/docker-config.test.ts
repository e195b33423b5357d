import fc from "fast-check";
import { expect, test } from "vitest";
import { configData, emptyConfig, encodeDockerConfig, withLogin, withoutLogin } from "../../../src/secret/docker-config.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

// The expected text is the output of kubectl create secret docker-registry: Go's encoding/json escapes characters that are special in HTML.
test.for<{ why: string; username: string; password: string; inside: string }>([
  {
    why: "a login",
    username: "ci",
    password: "hunter2",
    inside: `"username":"ci","password":"hunter2","auth":"${base64("ci:hunter2")}"`,
  },
  {
    why: "HTML characters",
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
])("writes a config like kubectl: $why", ({ username, password, inside }) => {
  const config = encodeDockerConfig("r.azurecr.io", { username, password: new Sensitive(password) });

  expect(config).toBe(`{"auths":{"r.azurecr.io":{${inside}}}}`);
  expect(Buffer.from(configData(config), "base64").toString()).toBe(config);
});

test("writes several keys with one login in the given order", () => {
  const login = { username: "ci", password: new Sensitive("p") };
  const inside = `{"username":"ci","password":"p","auth":"${base64("ci:p")}"}`;

  expect(encodeDockerConfig(["r.azurecr.io", "r.eastus.geo.azurecr.io"], login)).toBe(
    `{"auths":{"r.azurecr.io":${inside},"r.eastus.geo.azurecr.io":${inside}}}`,
  );
});

test("parses a config without a login", () => {
  expect(JSON.parse(emptyConfig)).toEqual({ auths: {} });
});

const mine = `{"username":"ci","password":"p<","auth":"${base64("ci:p<")}"}`.replace("<", "\\u003c");

test.for<{ why: string; before: string; after: string }>([
  { why: "none", before: '{"auths":{}}', after: `{"auths":{"r.io":${mine}}}` },
  { why: "no auths", before: "{}", after: `{"auths":{"r.io":${mine}}}` },
  { why: "no auths, something else", before: '{ "credsStore": "x" }', after: `{ "credsStore": "x","auths":{"r.io":${mine}} }` },
  { why: "auths is null", before: '{"auths":null}', after: `{"auths":null,"auths":{"r.io":${mine}}}` },
  { why: "the config is null", before: " null ", after: `{"auths":{"r.io":${mine}}}` },
  {
    why: "others in another tool's format",
    before: '{\n\t"auths" : {\n  "ghcr.io": {"auth" :"eA=="} , "a": [1, {"b": "}"}]\n  },\n"x":1.5e3}\n',
    after: `{\n\t"auths" : {\n  "ghcr.io": {"auth" :"eA=="} , "a": [1, {"b": "}"}],"r.io":${mine}\n  },\n"x":1.5e3}\n`,
  },
  { why: "another login for the same key", before: '{"auths":{"r.io": {"a":"\\"}"},"z":{}}}', after: `{"auths":{"r.io": ${mine},"z":{}}}` },
  { why: "the same twice: the last one counts", before: '{"auths":{"r.io":1,"r.io":2}}', after: `{"auths":{"r.io":1,"r.io":${mine}}}` },
  { why: "its name with an escape", before: '{"auths":{"r\\u002eio":{}}}', after: `{"auths":{"r\\u002eio":${mine}}}` },
  { why: "auths in another case, twice", before: '{"auths":{"a":{}},"AUTHS":{}}', after: `{"auths":{"a":{}},"AUTHS":{"r.io":${mine}}}` },
  {
    why: "auths in another case, at last null",
    before: '{"auths":{},"Auths":null}',
    after: `{"auths":{},"Auths":null,"auths":{"r.io":${mine}}}`,
  },
  { why: "no auths last", before: '{"auths":{"a":{}},"HttpHeaders":{}}', after: `{"auths":{"a":{},"r.io":${mine}},"HttpHeaders":{}}` },
  { why: "the same host with a path", before: '{"auths":{"r.io/team":{}}}', after: `{"auths":{"r.io/team":{},"r.io":${mine}}}` },
])("adds a login and keeps every other character: $why", ({ before, after }) => {
  const data = withLogin(base64(before), "r.io", { username: "ci", password: new Sensitive("p<") });

  expect(Buffer.from(data, "base64").toString()).toBe(after);
});

test("keeps invalid UTF-8 and writes its own text as UTF-8", () => {
  const before = Buffer.from([...Buffer.from('{"auths":{"a":{"email":"'), 0xff, 0xfe, ...Buffer.from('"}}}')]);
  const after = Buffer.from(withLogin(before.toString("base64"), "r.io", { username: "Zoë", password: new Sensitive("p") }), "base64");

  expect(after.subarray(0, before.length - 2)).toEqual(before.subarray(0, -2));
  expect(after.subarray(before.length - 2).toString()).toBe(`,"r.io":{"username":"Zoë","password":"p","auth":"${base64("Zoë:p")}"}}}`);
});

test("parses deeply nested JSON", () => {
  const deep = `{"x":${"[".repeat(200_000)}${"]".repeat(200_000)},"auths":{}}`;

  expect(Buffer.from(withLogin(base64(deep), "r.io", { username: "u", password: new Sensitive("p") }), "base64").toString()).toContain(
    '"r.io"',
  );
});

test("adds exactly one login to any JSON", () => {
  const key = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.jsonValue()),
      fc.dictionary(key, fc.jsonValue()),
      fc.constantFrom(0, 2, "\t"),
      (auths, rest, space) => {
        const { auths: _, ...other } = Object.fromEntries(Object.entries(rest).filter(([name]) => name.toLowerCase() !== "auths"));
        const before = JSON.stringify({ ...other, auths }, undefined, space);
        const login = { username: "u", password: new Sensitive("p") };
        const after: unknown = JSON.parse(Buffer.from(withLogin(base64(before), "r.io", login), "base64").toString());

        const plain = JSON.parse(before) as { auths: object };
        expect(after).toEqual({ ...plain, auths: { ...plain.auths, "r.io": { username: "u", password: "p", auth: base64("u:p") } } });
      },
    ),
  );
});

test.for([
  ['{"auths":{"r.io":{}}}', '{"auths":{}}'],
  ['{ "auths": {"a":{}, "r.io":{} , "b":{}} }', '{ "auths": {"a":{} , "b":{}} }'],
  ['{"auths":{ "r.io":{}, "r.io":1, "b":{}}}', '{"auths":{ "b":{}}}'],
  ['{"auths":{"a":{},"r.io":{},"b":{},"r.io":{}, "r.io":{} }}', '{"auths":{"a":{},"b":{} }}'],
  ['{"auths":{ "r.io":{}, "r.io":{} }}', '{"auths":{  }}'],
  ['{"auths":{"r.io":{},"a":{}},"x":1,"Auths":{"b":{},"r.io":{}}}', '{"auths":{"a":{}},"x":1,"Auths":{"b":{}}}'],
  ['{"auths":{"r.io":{}},"auths":null}', '{"auths":{},"auths":null}'],
  ['{"pad":"r.io"}', '{"pad":"r.io"}'],
])("removes a login from %s, and keeps every other byte", ([before = "", after]) => {
  expect(Buffer.from(withoutLogin(base64(before), "r.io"), "base64").toString()).toBe(after);
});

test.for(['"é.io"', '"\\u00e9.io"'])("finds a login under the key %s", (key) => {
  const before = base64(`{"auths":{${key}:{},"a":{}}}`);
  const after = withLogin(before, "é.io", { username: "ci", password: new Sensitive("p<") });

  expect(Buffer.from(withoutLogin(before, "é.io"), "base64").toString()).toBe('{"auths":{"a":{}}}');
  expect(Buffer.from(after, "base64").toString()).toBe(`{"auths":{${key}:${mine},"a":{}}}`);
  expect(Buffer.from(withLogin(base64("{}"), "é.io", { username: "ci", password: new Sensitive("p<") }), "base64").toString()).toBe(
    `{"auths":{"é.io":${mine}}}`,
  );
});

test("removes a login that a tenant has written many thousand times, without reading the text again each time", () => {
  const config = `{"auths":{"a":{}${',"r.io":{}'.repeat(20_000)}}}`;

  expect(Buffer.from(withoutLogin(base64(config), "r.io"), "base64").toString()).toBe('{"auths":{"a":{}}}');
});
