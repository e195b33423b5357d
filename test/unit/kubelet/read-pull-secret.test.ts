import { expect, test } from "vitest";
import { type PullSecret, readPullSecret, serversOf } from "../../../src/kubelet/read-pull-secret.ts";

const read = (text: string, type = "kubernetes.io/dockerconfigjson") =>
  readPullSecret({
    name: "s",
    type,
    data: { [type.endsWith("cfg") ? ".dockercfg" : ".dockerconfigjson"]: Buffer.from(text).toString("base64") },
  });
const entry = (fields: object) => read(JSON.stringify({ auths: { r: fields } }));
const login = (username: string, password: string) => ({ entries: [{ server: "r", login: { username, password } }] });
const shown = (reading: ReturnType<typeof read>) =>
  "entries" in reading
    ? {
        entries: reading.entries.map(({ server, login: { username, password } }) => ({
          server,
          login: { username, password: password.reveal() },
        })),
      }
    : reading;
const auth = (text: string) => Buffer.from(text).toString("base64");

test.for([
  { what: "user and password", reading: entry({ username: "u", password: "p" }), expected: login("u", "p") },
  { what: "an entry without fields", reading: entry({}), expected: login("", "") },
  { what: "null fields", reading: entry({ username: null, password: null, auth: null, email: null }), expected: login("", "") },
  { what: "a null after a value", reading: entry({ username: "u", USERNAME: null, password: "p" }), expected: login("u", "p") },
  { what: "a field in two spellings", reading: entry({ username: "u", Username: "v", password: "p" }), expected: login("v", "p") },
  {
    what: "auth with a user name and a password",
    reading: entry({ username: "u", password: "p", auth: auth("a:b") }),
    expected: login("a", "b"),
  },
  { what: "a password with colons", reading: entry({ auth: auth("a:b:c") }), expected: login("a", "b:c") },
  { what: "a password of several lines", reading: entry({ auth: auth("a:b\nc") }), expected: login("a", "b\nc") },
  { what: "a user name of several lines", reading: entry({ auth: auth("a\nb:c") }), expected: login("a\nb", "c") },
  { what: "an empty user", reading: entry({ auth: auth(":c") }), expected: login("", "c") },
  { what: "an empty password", reading: entry({ auth: auth("a:") }), expected: login("a", "") },
  {
    what: "auth without a colon",
    reading: entry({ auth: auth("abc") }),
    expected: { malformed: "unable to parse auth field, must be formatted as base64(username:password)" },
  },
  {
    what: "a list as an entry",
    reading: read('{"auths":{"r":[]}}'),
    expected: {
      malformed:
        "json: cannot unmarshal array into Go struct field DockerConfigJSON.auths of type credentialprovider.dockerConfigEntryWithAuth",
    },
  },
  {
    what: "a number as a user name",
    reading: entry({ username: 1 }),
    expected: { malformed: "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.username of type string" },
  },
  {
    what: "a boolean as an email",
    reading: entry({ email: true }),
    expected: { malformed: "json: cannot unmarshal bool into Go struct field DockerConfigJSON.auths.email of type string" },
  },
  // Go's decoder merges what has one name, and JSON.parse keeps the last
  { what: "auths twice", reading: read('{"auths":{"r":{"username":"u","password":"p"}},"auths":{}}'), expected: login("u", "p") },
  {
    what: "auths twice, with a login for each server",
    reading: read('{"auths":{"r":{"auth":"dTpw"},"s":{"auth":"dTpw"}},"Auths":{"s":{"auth":"djpx"}}}'),
    expected: { entries: [...login("u", "p").entries, { server: "s", login: { username: "v", password: "q" } }] },
  },
  { what: "auths that are null at last", reading: read('{"auths":{"r":{"auth":"dTpw"}},"auths":null}'), expected: { entries: [] } },
  { what: "auths after null", reading: read('{"auths":null,"auths":{"r":{"auth":"dTpw"}}}'), expected: login("u", "p") },
  { what: "a server twice", reading: read('{"auths":{"r":{"auth":"dTpw"},"r":{"username":"v"}}}'), expected: login("v", "") },
  {
    what: "a user name twice, the last null",
    reading: read('{"auths":{"r":{"username":"u","password":"p","username":null}}}'),
    expected: login("u", "p"),
  },
  {
    what: "a malformed entry that a later one replaces",
    reading: read('{"auths":{"r":{"auth":"!"},"r":{"auth":"dTpw"}}}'),
    expected: { malformed: "illegal base64 data at input byte 0" },
  },
  { what: "spaces around a document", reading: read(' \n{ "auths" : { "r" : { "auth" : "dTpw" } } } '), expected: login("u", "p") },
  { what: "a null document", reading: read("null"), expected: { entries: [] } },
  { what: "headers", reading: read('{"HttpHeaders":{"a":"b","c":null}}'), expected: { entries: [] } },
  {
    what: "a header with a number",
    reading: read('{"HttpHeaders":{"a":1}}'),
    expected: { malformed: "json: cannot unmarshal number into Go struct field DockerConfigJSON.HttpHeaders of type string" },
  },
  {
    what: "the dockercfg format",
    reading: read('{"r":{"username":"u","password":"p"}}', "kubernetes.io/dockercfg"),
    expected: login("u", "p"),
  },
  {
    what: "a Secret without data",
    reading: readPullSecret({ name: "s", type: "kubernetes.io/dockerconfigjson" }),
    expected: { skipped: "has nothing under .dockerconfigjson" },
  },
])("reads $what", ({ reading, expected }) => {
  expect(shown(reading)).toEqual(expected);
});

const json = (text: string) => ({ name: "s", type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": auth(text) } });

test.for<{ what: string; secret: PullSecret; servers: readonly string[] | undefined }>([
  {
    what: "several logins, one of them malformed",
    secret: json('{"auths":{"a.io":{"auth":"!"},"https://b.io/v1/":{}}}'),
    servers: ["a.io", "https://b.io/v1/"],
  },
  { what: "empty auths", secret: json('{"auths":{}}'), servers: [] },
  { what: "a document without auths", secret: json('{"credsStore":{"c.io":{}}}'), servers: [] },
  {
    what: "auths in two spellings",
    secret: json('{"AUTHS":{"a.io":{}},"auths":{"b.io":{}},"Other":{"c.io":{}}}'),
    servers: ["a.io", "b.io"],
  },
  {
    what: "auths twice and a server twice",
    secret: json('{"auths":{"a.io":{},"b.io":{}},"auths":{"b.io":{},"b.io":{}}}'),
    servers: ["a.io", "b.io"],
  },
  { what: "auths that are a list", secret: json('{"auths":["a.io"]}'), servers: [] },
  { what: "auths that are text", secret: json('{"auths":"a.io"}'), servers: [] },
  { what: "text", secret: json('"a.io"'), servers: undefined },
  { what: "auths that are null", secret: json('{"auths":null}'), servers: [] },
  { what: "a list", secret: json('["a.io"]'), servers: undefined },
  { what: "null", secret: json("null"), servers: undefined },
  { what: "invalid JSON", secret: json("{"), servers: undefined },
  { what: "a Secret without data", secret: { name: "s", type: "kubernetes.io/dockerconfigjson" }, servers: undefined },
  {
    what: "the dockercfg format",
    secret: { name: "s", type: "kubernetes.io/dockercfg", data: { ".dockercfg": auth('{"a.io":{},"auths":{"b.io":{}}}') } },
    servers: ["a.io", "auths"],
  },
  { what: "another type", secret: { ...json('{"auths":{"a.io":{}}}'), type: "Opaque" }, servers: undefined },
  {
    what: "a Secret without a type",
    secret: { name: "s", data: { ".dockerconfigjson": auth('{"auths":{"a.io":{}}}') } },
    servers: undefined,
  },
])("returns the servers of $what: $servers", ({ secret, servers }) => {
  expect(serversOf(secret)).toEqual(servers);
});
