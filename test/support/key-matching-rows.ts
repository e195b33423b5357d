/** A Secret of a row. An entry is a user name (its password is `wrong`), or raw JSON. */
export type RowSecret =
  | { readonly auths: Readonly<Record<string, unknown>> }
  | { readonly dockercfg: Readonly<Record<string, unknown>> }
  | { readonly text: unknown; readonly type?: string };

/** One rule by which a kubelet matches pull secrets to an image, with a pod that tests it. */
export type Row = {
  readonly rule: string;
  /** Without a tag. A suffix may be added. */
  readonly image: string;
  /** In the order of the pod's imagePullSecrets. */
  readonly secrets: readonly RowSecret[];
  /** The user names that the kubelet sends to the registry, in order. */
  readonly offers: readonly string[];
  /** The order of the logins is random, because Go iterates maps in random order. */
  readonly anyOrder?: true;
  /** The pod's waiting reason if a malformed Secret ends the lookup. */
  readonly malformed?: string;
};

const ours = "myregistry.azurecr.io/team/app";
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Returns rows for keys that match one image or do not: the kubelet sends `a`, or nothing. */
function keys(rule: string, image: string, offers: readonly string[], ...list: string[]): Row[] {
  return list.map((key) => ({ rule: `${rule}: ${JSON.stringify(key)}`, image, secrets: [{ auths: { [key]: "a" } }], offers }));
}

/** Returns a row for one notation of an entry for the right host. */
function entry(rule: string, value: unknown, offers: readonly string[]): Row {
  return { rule, image: ours, secrets: [{ auths: { "myregistry.azurecr.io": value } }], offers };
}

/** Returns a row with a single malformed Secret. */
function malformed(rule: string, error: string, secret: RowSecret): Row {
  return { rule, image: ours, secrets: [secret], offers: [], malformed: error };
}

const host = "myregistry.azurecr.io";
const good = { auths: { [host]: "a" } };
const notBase64 = { auths: { [host]: { auth: "!" } } };

export const keyMatchingRows: readonly Row[] = [
  ...keys("the host, its scheme dropped", ours, ["a"], host, `https://${host}`, `http://${host}`, `${host}/`, `https://${host}/`),
  ...keys("a leading /v1/ or /v2/ is dropped", ours, ["a"], `https://${host}/v2/`, `${host}/v1/`, `${host}/v2/team`),
  ...keys("any other path counts", ours, [], `https://${host}/v2`, `${host}/v3/`, `${host}/v2/v2/`),
  ...keys("another host", ours, [], "other.azurecr.io", "azurecr.io", `x${host}`, `sub.${host}`, `${host}.`, ` ${host}`),
  ...keys("the host's case counts", ours, [], "MyRegistry.azurecr.io", host.toUpperCase()),
  ...keys("another scheme is no scheme", ours, [], `ftp://${host}`, `HTTPS://${host}`),
  ...keys("a user part is dropped", ours, ["a"], `someone@${host}`),
  ...keys("a query or a fragment is dropped", ours, ["a"], `${host}?x=1`, `${host}/team#x`),

  ...keys("a port that the image has not", ours, [], `${host}:443`, `https://${host}:443`, `${host}:8443`, `${host}:*`),
  ...keys("an empty port is none", ours, ["a"], `${host}:`),
  ...keys("the image's port must be there", `${host}:443/team/app`, [], host, `https://${host}`, "*.azurecr.io", `${host}:44`),
  ...keys("the image's port", `${host}:443/team/app`, ["a"], `${host}:443`, `https://${host}:443/v2/`, "*.azurecr.io:443"),

  ...keys("the path is a plain prefix", ours, ["a"], `${host}/team`, `${host}/team/`, `${host}/tea`, `${host}/team/app`),
  ...keys(
    "a path that is not the image's",
    ours,
    [],
    `${host}/other`,
    `${host}/team/app/more`,
    `${host}/Team`,
    `${host}//team`,
    `${host}/app`,
  ),
  ...keys("an escaped path is read", ours, ["a"], `${host}/%74eam`),
  ...keys("no wildcard in a path", ours, [], `${host}/*`, `${host}/te*`),

  ...keys("wildcards within labels", ours, ["a"], "*.azurecr.io", "*.*.io", "*.*.*", "my*.azurecr.io", "*registry.azurecr.io"),
  ...keys(
    "wildcards anywhere in a label",
    ours,
    ["a"],
    "m*r*y.azurecr.io",
    "**.azurecr.io",
    "myregistry.azurecr.io*",
    "https://*.azurecr.io/v2/",
  ),
  ...keys("a wildcard with a path", ours, ["a"], "*.azurecr.io/team"),
  ...keys("a wildcard is one label", ours, [], "*", "*.io", "*.*.*.*", "myregistry.*", "my*.other.io", "*.azurecr.io/other"),
  ...keys("other wildcards do not survive the URL", ours, [], "myregistr?.azurecr.io", "myregistr[xyz].azurecr.io"),
  ...keys("a key that is no URL is passed over", ours, [], "https://%zz", "", "https://", `${host} /team`),

  entry("auth", { auth: base64("a:wrong") }, ["a"]),
  entry("auth without padding", { auth: base64("a:wrong-").replace(/=+$/, "") }, ["a"]),
  entry("auth with a line break in it", { auth: `${base64("a:wrong").slice(0, 4)}\n${base64("a:wrong").slice(4)}` }, ["a"]),
  entry("auth with a colon in the password", { auth: base64("a:wro:ng") }, ["a"]),
  entry("username and password", { username: "a", password: "wrong" }, ["a"]),
  entry("auth wins over username and password", { username: "b", password: "wrong", auth: base64("a:wrong") }, ["a"]),
  entry("an empty auth does not", { username: "a", password: "wrong", auth: "" }, ["a"]),
  entry("field names in any case", { Username: "a", PASSWORD: "wrong" }, ["a"]),
  entry("fields that it does not know", { username: "a", password: "wrong", email: "a@b", more: [1] }, ["a"]),
  entry("a user name without a password is no login", { username: "a" }, []),
  entry("a password without a user name is no login", { password: "wrong" }, []),
  entry("an empty password in auth is no login", { auth: base64("a:") }, []),
  entry("an identity token is not looked at", { identitytoken: "wrong" }, []),
  entry("an empty entry", {}, []),
  entry("a null entry", null, []),

  {
    rule: "of two keys the longer path comes first",
    image: ours,
    secrets: [{ auths: { [host]: "a", [`${host}/team`]: "b", [`${host}/team/app`]: "c" } }],
    offers: ["c", "b", "a"],
  },
  {
    rule: "the order is that of the text, from the end of the alphabet",
    image: ours,
    secrets: [{ auths: { "*.azurecr.io/team/app": "a", [host]: "b", "*.azurecr.io": "c", "my*.azurecr.io": "d" } }],
    offers: ["b", "d", "a", "c"],
  },
  {
    rule: "two spellings of one key come in any order",
    image: ours,
    secrets: [{ auths: { [host]: "a", [`https://${host}`]: "b" } }],
    offers: ["a", "b"],
    anyOrder: true,
  },
  {
    rule: "keys that do not match are left out",
    image: ours,
    secrets: [{ auths: { "other.azurecr.io": "a", [host]: "b" } }],
    offers: ["b"],
  },
  { rule: "two Secrets with one key: the pod's order", image: ours, secrets: [good, { auths: { [host]: "b" } }], offers: ["a", "b"] },
  {
    rule: "two Secrets with one key, spelled differently: the pod's order",
    image: ours,
    secrets: [{ auths: { [`https://${host}/v2/`]: "b" } }, good],
    offers: ["b", "a"],
  },
  {
    rule: "two Secrets with two keys: the keys' order, not the pod's",
    image: ours,
    secrets: [good, { auths: { [`${host}/team`]: "b" } }, { auths: { "*.azurecr.io": "c" } }],
    offers: ["b", "a", "c"],
  },
  { rule: "an empty login is left out beside a good one", image: ours, secrets: [{ auths: { [host]: {} } }, good], offers: ["a"] },
  {
    rule: "a bad key does not spoil its Secret",
    image: ours,
    secrets: [{ auths: { "https://%zz": "b", [host]: "a" } }],
    offers: ["a"],
  },

  { rule: "the old type", image: ours, secrets: [{ dockercfg: { [`https://${host}`]: "a" } }], offers: ["a"] },
  { rule: "both types in one pod", image: ours, secrets: [{ dockercfg: { [host]: "b" } }, good], offers: ["b", "a"] },
  { rule: "the old form under the new type", image: ours, secrets: [{ text: { [host]: { auth: base64("a:wrong") } } }], offers: [] },
  {
    rule: "the new form under the old type",
    image: ours,
    secrets: [{ dockercfg: { auths: { [host]: { auth: base64("a:wrong") } } } }],
    offers: [],
  },
  { rule: "no auths", image: ours, secrets: [{ text: { credsStore: "desktop" } }], offers: [] },
  { rule: "empty auths", image: ours, secrets: [{ text: { auths: {} } }], offers: [] },
  { rule: "null auths", image: ours, secrets: [{ text: { auths: null } }], offers: [] },
  { rule: "auths in any case", image: ours, secrets: [{ text: { Auths: { [host]: { auth: base64("a:wrong") } } } }], offers: ["a"] },
  {
    rule: "another type is passed over, beside a good one too",
    image: ours,
    secrets: [{ type: "Opaque", text: { auths: { [host]: { auth: base64("b:wrong") } } } }, good],
    offers: ["a"],
  },

  malformed("auth that is not base64", "illegal base64 data at input byte 0", notBase64),
  malformed("auth without a colon", "unable to parse auth field, must be formatted as base64(username:password)", {
    auths: { [host]: { auth: base64("a") } },
  }),
  malformed(
    "auths is a text",
    "json: cannot unmarshal string into Go struct field DockerConfigJSON.auths of type credentialprovider.DockerConfig",
    { text: { auths: "x" } },
  ),
  malformed(
    "auths is a list",
    "json: cannot unmarshal array into Go struct field DockerConfigJSON.auths of type credentialprovider.DockerConfig",
    { text: { auths: [] } },
  ),
  malformed(
    "an entry is a number",
    "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths of type credentialprovider.dockerConfigEntryWithAuth",
    { auths: { [host]: 1 } },
  ),
  malformed(
    "an entry of the old type is a number",
    "json: cannot unmarshal number into Go value of type credentialprovider.dockerConfigEntryWithAuth",
    { dockercfg: { [host]: 1 } },
  ),
  malformed(
    "a user name is a number",
    "json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.username of type string",
    { auths: { [host]: { username: 1 } } },
  ),
  malformed("it spoils the pod for an image of another host too", "illegal base64 data at input byte 0", {
    auths: { "other.azurecr.io": { auth: "!" } },
  }),
  {
    rule: "it spoils a good one before it",
    image: ours,
    secrets: [good, notBase64],
    offers: [],
    malformed: "illegal base64 data at input byte 0",
  },
  {
    rule: "it spoils a good one after it",
    image: ours,
    secrets: [notBase64, good],
    offers: [],
    malformed: "illegal base64 data at input byte 0",
  },

  ...keys("Docker Hub", "team/app", ["a"], "https://index.docker.io/v1/", "index.docker.io", "docker.io", "*.io", "docker.io/team"),
  ...keys("Docker Hub by its full name", "docker.io/team/app", ["a"], "https://index.docker.io/v1/", "docker.io"),
  ...keys("names that Docker Hub does not go by", "team/app", [], "registry-1.docker.io", "hub.docker.com", "index.docker.io/team"),
  ...keys("Docker Hub's key for another host", ours, [], "https://index.docker.io/v1/"),
  {
    rule: "Docker Hub's old key only counts when nothing else matches",
    image: "team/app",
    secrets: [{ auths: { "https://index.docker.io/v1/": "a", "docker.io": "b" } }],
    offers: ["b"],
  },
];

/** Returns a row's Secret in the API server's format, without its name: type and `stringData`. */
export function secretOf(secret: RowSecret): { type: string; stringData: Record<string, string> } {
  if ("dockercfg" in secret)
    return { type: "kubernetes.io/dockercfg", stringData: { ".dockercfg": JSON.stringify(entries(secret.dockercfg)) } };
  const text = "auths" in secret ? { auths: entries(secret.auths) } : secret.text;
  const type = ("type" in secret ? secret.type : undefined) ?? "kubernetes.io/dockerconfigjson";
  return { type, stringData: { ".dockerconfigjson": JSON.stringify(text) } };
}

function entries(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(of).map(([key, value]) => [key, typeof value === "string" ? { auth: base64(`${value}:wrong`) } : value]),
  );
}
