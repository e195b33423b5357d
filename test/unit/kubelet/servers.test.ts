import { expect, test } from "vitest";
import type { PullSecret } from "../../../src/kubelet/read-pull-secret.ts";
import { serversOf } from "../../../src/kubelet/read-pull-secret.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const json = (text: string) => ({ name: "s", type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64(text) } });

test.for<{ what: string; secret: PullSecret; servers: readonly string[] | undefined }>([
  {
    what: "several logins, one of them spoilt",
    secret: json('{"auths":{"a.io":{"auth":"!"},"https://b.io/v1/":{}}}'),
    servers: ["a.io", "https://b.io/v1/"],
  },
  { what: "no login", secret: json('{"auths":{}}'), servers: [] },
  { what: "no auths", secret: json('{"credsStore":{"c.io":{}}}'), servers: [] },
  {
    what: "auths in any case, twice",
    secret: json('{"AUTHS":{"a.io":{}},"auths":{"b.io":{}},"Other":{"c.io":{}}}'),
    servers: ["a.io", "b.io"],
  },
  { what: "auths that are no object", secret: json('{"auths":["a.io"]}'), servers: [] },
  { what: "auths that are a text", secret: json('{"auths":"a.io"}'), servers: [] },
  { what: "a text", secret: json('"a.io"'), servers: undefined },
  { what: "auths that are null", secret: json('{"auths":null}'), servers: [] },
  { what: "a list", secret: json('["a.io"]'), servers: undefined },
  { what: "null", secret: json("null"), servers: undefined },
  { what: "no JSON", secret: json("{"), servers: undefined },
  { what: "nothing", secret: { name: "s", type: "kubernetes.io/dockerconfigjson" }, servers: undefined },
  {
    what: "the older form",
    secret: { name: "s", type: "kubernetes.io/dockercfg", data: { ".dockercfg": base64('{"a.io":{},"auths":{"b.io":{}}}') } },
    servers: ["a.io", "auths"],
  },
  { what: "another type", secret: { ...json('{"auths":{"a.io":{}}}'), type: "Opaque" }, servers: undefined },
  { what: "no type", secret: { name: "s", data: { ".dockerconfigjson": base64('{"auths":{"a.io":{}}}') } }, servers: undefined },
])("$what: $servers", ({ secret, servers }) => {
  expect(serversOf(secret)).toEqual(servers);
});
