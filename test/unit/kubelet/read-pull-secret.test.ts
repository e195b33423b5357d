import { expect, test } from "vitest";
import { readPullSecret } from "../../../src/kubelet/read-pull-secret.ts";

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
  { what: "user and password", reading: entry({ username: "u", password: "p" }), says: login("u", "p") },
  { what: "nothing", reading: entry({}), says: login("", "") },
  { what: "nulls", reading: entry({ username: null, password: null, auth: null, email: null }), says: login("", "") },
  { what: "a null after a value", reading: entry({ username: "u", USERNAME: null, password: "p" }), says: login("u", "p") },
  { what: "the last of two spellings", reading: entry({ username: "u", Username: "v", password: "p" }), says: login("v", "p") },
  { what: "auth before all", reading: entry({ username: "u", password: "p", auth: auth("a:b") }), says: login("a", "b") },
  { what: "a password with colons", reading: entry({ auth: auth("a:b:c") }), says: login("a", "b:c") },
  { what: "a password over lines", reading: entry({ auth: auth("a:b\nc") }), says: login("a", "b\nc") },
  { what: "a user over lines", reading: entry({ auth: auth("a\nb:c") }), says: login("a\nb", "c") },
  { what: "an empty user", reading: entry({ auth: auth(":c") }), says: login("", "c") },
  { what: "an empty password", reading: entry({ auth: auth("a:") }), says: login("a", "") },
  {
    what: "no colon",
    reading: entry({ auth: auth("abc") }),
    says: { malformed: "unable to parse auth field, must be formatted as base64(username:password)" },
  },
  {
    what: "a list for a login",
    reading: read('{"auths":{"r":[]}}'),
    says: {
      malformed:
        "json: cannot unmarshal array into Go struct field DockerConfigJSON.auths of type credentialprovider.dockerConfigEntryWithAuth",
    },
  },
  {
    what: "a number for a user",
    reading: entry({ username: 1 }),
    says: { malformed: "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.username of type string" },
  },
  {
    what: "a truth for a mail",
    reading: entry({ email: true }),
    says: { malformed: "json: cannot unmarshal bool into Go struct field DockerConfigJSON.auths.email of type string" },
  },
  { what: "null for all", reading: read("null"), says: { entries: [] } },
  { what: "headers", reading: read('{"HttpHeaders":{"a":"b","c":null}}'), says: { entries: [] } },
  {
    what: "headers that are none",
    reading: read('{"HttpHeaders":{"a":1}}'),
    says: { malformed: "json: cannot unmarshal number into Go struct field DockerConfigJSON.HttpHeaders of type string" },
  },
  { what: "the older form", reading: read('{"r":{"username":"u","password":"p"}}', "kubernetes.io/dockercfg"), says: login("u", "p") },
  {
    what: "no data",
    reading: readPullSecret({ name: "s", type: "kubernetes.io/dockerconfigjson" }),
    says: { skipped: "has nothing under .dockerconfigjson" },
  },
])("$what", ({ reading, says }) => {
  expect(shown(reading)).toEqual(says);
});
