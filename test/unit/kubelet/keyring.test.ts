import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildKeyring } from "../../../src/kubelet/keyring.ts";
import { parseImage } from "../../../src/registry/image-reference.ts";

type Lookup = {
  image: string;
  secrets: { name: string; type: string; text: string }[];
  logins: { secret: string; username: string; password: string }[];
  error?: string;
};

// Recorded with the kubelet's own code (1.37.2). test/differential compares the keyring with it for generated Secrets.
const lookups = readFileSync(new URL("kubelet-lookups.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Lookup => JSON.parse(line));

const asSecret = ({ name, type, text }: Lookup["secrets"][number]) => ({
  name,
  type,
  data: { [type.endsWith("cfg") ? ".dockercfg" : ".dockerconfigjson"]: Buffer.from(text).toString("base64") },
});

test.for(lookups)("selects the kubelet's logins for $image with $secrets: $logins $error", ({ image, secrets, logins, error }) => {
  const keyring = buildKeyring(secrets.map(asSecret));
  const found = keyring.lookup(parseImage(image));

  // The kubelet accepts logins without a user name or a password, but containerd does not send them (test/node/matching.test.ts).
  const offered = logins.filter(({ username, password }) => username !== "" && password !== "");
  expect(found.map(({ secret, login }) => ({ secret, username: login.username, password: login.password.reveal() }))).toEqual(offered);
  expect(keyring.malformed?.message).toBe(error);
});

test("has recorded matches, several logins and errors", () => {
  expect(lookups.length).toBeGreaterThan(120);
  expect(lookups.filter(({ logins }) => logins.length > 1).length).toBeGreaterThan(5);
  expect(lookups.filter(({ error }) => error !== undefined).length).toBeGreaterThan(25);
});

const dockerConfig = (server: string, entry: object) => JSON.stringify({ auths: { [server]: entry } });

test("returns the Secret and the key as written", () => {
  const text = dockerConfig("https://myregistry.azurecr.io/v2/", { username: "n", password: "q" });
  const keyring = buildKeyring([asSecret({ name: "acr", type: "kubernetes.io/dockerconfigjson", text })]);

  expect(keyring.lookup(parseImage("myregistry.azurecr.io/app"))).toMatchObject([
    { secret: "acr", key: "https://myregistry.azurecr.io/v2/" },
  ]);
});

test.for([
  { secret: { name: "a", type: "Opaque", data: {} }, because: "is of type Opaque, not kubernetes.io/dockerconfigjson" },
  { secret: { name: "a" }, because: "is of type Opaque, not kubernetes.io/dockerconfigjson" },
  { secret: { name: "a", type: "kubernetes.io/dockercfg", data: {} }, because: "has nothing under .dockercfg" },
  {
    secret: asSecret({ name: "a", type: "kubernetes.io/dockerconfigjson", text: dockerConfig("https://%zz", { auth: "dTpw" }) }),
    because: 'its key "https://%zz" is not a registry',
  },
  {
    secret: asSecret({ name: "a", type: "kubernetes.io/dockerconfigjson", text: dockerConfig("host", { identitytoken: "t" }) }),
    because: 'has no user name or no password for "host"',
  },
])("reports an ignored Secret: it $because", ({ secret, because }) => {
  expect(buildKeyring([secret]).skipped).toEqual([{ secret: "a", because }]);
});

test("names a malformed Secret and doesn't quote its text", () => {
  const bad = asSecret({ name: "bad", type: "kubernetes.io/dockerconfigjson", text: '{"auths": hunter2' });

  expect(buildKeyring([bad]).malformed).toEqual({ secret: "bad", message: "the text under .dockerconfigjson is not JSON" });
});

// The kubelet passes the empty login to containerd, and doesn't look for index.docker.io
test.for([
  { key: "docker.io", found: [] },
  { key: "registry-1.docker.io", found: ["u"] },
])("finds $found for Docker Hub next to an empty login for $key", ({ key, found }) => {
  const text = JSON.stringify({ auths: { [key]: {}, "https://index.docker.io/v1/": { username: "u", password: "p" } } });
  const keyring = buildKeyring([asSecret({ name: "s", type: "kubernetes.io/dockerconfigjson", text })]);

  expect(keyring.lookup(parseImage("nginx")).map(({ login }) => login.username)).toEqual(found);
});

const offered = (key: string, image: string) =>
  buildKeyring([
    asSecret({ name: "s", type: "kubernetes.io/dockerconfigjson", text: dockerConfig(key, { username: "u", password: "p" }) }),
  ]).lookup(parseImage(image)).length === 1;

test.for<[string, string, boolean]>([
  ["*.azurecr.io", "myregistry.azurecr.io/app", true],
  ["my*.azurecr.io", "myregistry.azurecr.io/app", true],
  ["my*.azurecr.io", "my.azurecr.io/app", true],
  ["your*.azurecr.io", "myregistry.azurecr.io/app", false],
  ["*try.azurecr.io", "myregistry.azurecr.io/app", true],
  ["*tri.azurecr.io", "myregistry.azurecr.io/app", false],
  ["my*try.azurecr.io", "myregistry.azurecr.io/app", true],
  ["my*reg*try.azurecr.io", "myregistry.azurecr.io/app", true],
  ["my*reg*reg*try.azurecr.io", "myregistry.azurecr.io/app", false],
  ["my*x*try.azurecr.io", "myregistry.azurecr.io/app", false],
  ["m*is*ry.azurecr.io", "myregistry.azurecr.io/app", true],
  ["*my*.azurecr.io", "myregistry.azurecr.io/app", true],
  ["**y.azurecr.io", "myregistry.azurecr.io/app", true],
  ["ab*ba.azurecr.io", "aba.azurecr.io/app", false],
  ["ab*ba.azurecr.io", "abba.azurecr.io/app", true],
  ["a*b*a.azurecr.io", "aba.azurecr.io/app", true],
  ["a*ab*a.azurecr.io", "aba.azurecr.io/app", false],
  ["a*ba*a.azurecr.io", "aba.azurecr.io/app", false],
  ["*", "myregistry.azurecr.io/app", false],
  ["*.*.*", "myregistry.azurecr.io/app", true],
  ["*.io", "myregistry.azurecr.io/app", false],
  ["*.azurecr.io:443", "myregistry.azurecr.io/app", false],
  ["*.azurecr.io:443", "myregistry.azurecr.io:443/app", true],
  ["myregistry.azurecr.io:", "myregistry.azurecr.io/app", true],
  ["myregistry.azurecr.io/v2/app", "myregistry.azurecr.io/app", true],
  ["myregistry.azurecr.io/v3/app", "myregistry.azurecr.io/app", false],
  ["myregistry.azurecr.io/team/v2/app", "myregistry.azurecr.io/app", false],
  ["myregistry.azurecr.io/team/v2/app", "myregistry.azurecr.io/team/v2/app/x", true],
  ["http://myregistry.azurecr.io", "myregistry.azurecr.io/app", true],
  ["myregistry.azurecr.io/http://app", "myregistry.azurecr.io/app", false],
  ["myregistry.azurecr.io/%25zz", "myregistry.azurecr.io/app", false],
  ["https://index.docker.io/v1/", "nginx", true],
  ["https://index.docker.io/v1/", "localhost/app", true],
  ["https://index.docker.io/v1/", "localhost:5000/app", false],
  ["https://index.docker.io/v1/", "myregistry.azurecr.io/app", false],
  ["[::1]:5000", "[::1]:5000/app", true],
  ["[::1]", "[::1]/app", false],
])("matches the key %s and the image %s: %s", ([key, image, matches]) => {
  expect(offered(key, image)).toBe(matches);
});
