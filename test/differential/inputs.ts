import { chanceFrom } from "../support/fakes/chance.ts";

/** The inputs of each kind. */
export type Input = {
  image: string;
  keyring: { readonly image: string; readonly secrets: readonly SecretText[] };
  kubeconfig: { readonly texts: readonly string[]; readonly context: string; readonly cluster: string };
  selector: string;
  cron: string;
  yaml: unknown;
};

/** A pull secret, with the text under its only key. */
export type SecretText = { readonly name: string; readonly type: string; readonly text: string };

export const asPullSecret = ({ name, type, text }: SecretText) => ({
  name,
  type,
  data: { [type.endsWith("cfg") ? ".dockercfg" : ".dockerconfigjson"]: Buffer.from(text).toString("base64") },
});

/** Random choices. The same seed gives the same choices. */
export type Random = {
  /** An integer from 0 up to, but not including, `below`. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** `some(0, 3, make)` is a list of 0 to 3 values. */
  some<T>(least: number, most: number, make: () => T): T[];
  /** Returns the text with up to three edits. `words` are the characters and words that its grammar gives a meaning. */
  edited(text: string, words: readonly string[]): string;
};

export function randomFrom(seed: number): Random {
  const below = chanceFrom(seed);
  const pick = <T>(from: readonly T[]) => from[below(from.length)] as T;
  const some = <T>(least: number, most: number, make: () => T) => Array.from({ length: least + below(most - least + 1) }, make);
  const edit = (text: string, words: readonly string[]) => {
    const [from, to] = [below(text.length + 1), below(text.length + 1)].sort((a, b) => a - b) as [number, number];
    const near = Math.min(to, from + 1 + below(4));
    return pick([
      () => text.slice(0, from) + pick(words) + text.slice(from),
      () => text.slice(0, from) + pick(words) + text.slice(near),
      () => text.slice(0, from) + text.slice(near),
      () => text.slice(0, near) + text.slice(from),
      () => text.slice(0, from) + text.slice(from, near).toUpperCase() + text.slice(near),
      () => text.slice(0, from),
    ])();
  };
  const edited = (text: string, words: readonly string[]) => some(0, 3, () => 0).reduce<string>((before) => edit(before, words), text);
  return { below, pick, some, edited };
}

/** Splits a text into words. A word may contain spaces. */
const split = (text: string) => text.split("¦");

// Images

const hosts = split(
  "myregistry.azurecr.io¦myregistry.azurecr.io:443¦other.azurecr.io¦my_registry.example.com¦registry.example.com:5000¦docker.io¦" +
    "index.docker.io¦registry-1.docker.io¦localhost¦localhost:5000¦[::1]:5000¦[fe80::1]¦10.0.0.1:80",
);
const hex = "0f".repeat(64);
const digests = [`sha256:${hex.slice(64)}`, `sha512:${hex}`, `sha384:${hex.slice(32)}`, `sha256:${hex.slice(65)}`, "md5:a1"];
const imageWords = [..."aB0._-/:@*% \n[]é", ...split("__¦--¦..¦//¦@sha256:¦:latest¦library/¦docker.io/¦localhost/"), "a".repeat(64)];

function image({ pick, some, edited }: Random): Input["image"] {
  const path = some(1, 3, () => pick(["app", "team", "library", "a__b", "a.b-c", "x_y", "nginx", "v2"])).join("/");
  const host = pick([...hosts, "", ""]);
  const tag = pick(["", "", ":1", ":v1.2_3-rc", ":latest", ":Tag", `:${"x".repeat(128)}`]);
  return edited(`${host && `${host}/`}${path}${tag}${pick(["", "", "", `@${pick(digests)}`])}`, imageWords);
}

// Pull secrets

type Member = readonly [name: string, json: string];

/** JSON with members in their order, some of them more than once. */
const json = (members: readonly Member[]) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;

const servers = split(
  "https://index.docker.io/v1/¦https://index.docker.io/v2/¦http://myregistry.azurecr.io¦*.azurecr.io¦my*.azurecr.io:443¦*.*.io¦*¦" +
    "myregistry.azurecr.io/team¦myregistry.azurecr.io/v2/¦myregistry.azurecr.io/v1/team/app¦*.example.com¦",
).concat(hosts);
const serverWords = [...'*/:.aB?#@%&[]\\ é"<>{}|^`', "https://", "http://", "%41", "%2f", "/v1/", "/v2/", "user:pass@", "//"];
const jsonWords = [...'{}[],:"\\ 01\n', "null", "true", '"auths"', '"Auths":{},', "\\u0041", "\ufeff"];

function pullSecrets(random: Random): Input["keyring"] {
  const { below, pick, some, edited } = random;
  const text = () => pick(["u", "p", "", "a:b", "é", "00000000-0000-0000-0000-000000000000", "\n", '"']);
  const base64 = () => Buffer.from(pick([`${text()}:${text()}`, text(), "a:b:c"])).toString("base64");
  const auth = () => edited(pick([base64(), base64().replaceAll("=", ""), `${base64()}\n`]), [..."=\n\r -_:A+/"]);
  const field = (): Member => {
    const name = pick(["username", "password", "auth", "email", "username", "password", "Username", "PASSWORD", "identitytoken"]);
    const value = name === "auth" && below(8) > 0 ? auth() : text();
    return [name, below(15) > 0 ? JSON.stringify(value) : pick(["null", "1", "true", "[]", "{}"])];
  };
  const server = () => (below(2) > 0 ? pick(servers) : edited(pick(servers), serverWords));
  const login = () => json([["username", '"u"'], ["password", JSON.stringify(`p${below(100)}`)], ...some(0, 1, field)] as Member[]);
  const entry = (): Member => [server(), pick([login, login, () => json(some(0, 4, field)), () => (below(6) > 0 ? "{}" : "null")])()];
  const auths = (): Member => [
    pick(["auths", "auths", "auths", "Auths"]),
    below(25) > 0 ? json(some(0, 4, entry)) : pick(["null", "[]", '""']),
  ];
  const other = (): Member => [pick(["credsStore", "HttpHeaders", "auth"]), pick(['{"a":"b"}', '"x"', "null", '{"a":1}'])];
  const document = () =>
    json([...some(0, 1, other), auths(), ...(below(4) > 0 ? [] : [auths()]), ...some(0, 1, () => auths()).slice(below(5))]);
  const secret = (name: string) => {
    const type = pick(["kubernetes.io/dockerconfigjson", "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", "Opaque"]);
    const whole = type.endsWith("cfg") ? json(some(0, 3, entry)) : document();
    return { name, type, text: below(10) > 0 ? whole : edited(whole, jsonWords) };
  };
  const names = ["a", "b", "c"].slice(0, 1 + below(3));
  return {
    image: below(10) > 0 ? `${pick(hosts)}/${pick(["app", "team/app", "team2/app", "v2/app"])}` : image(random),
    secrets: names.map(secret),
  };
}

// Kubeconfigs

const kubeconfigWords = split(
  "\n¦ ¦  ¦\t¦#¦:¦'¦\"¦\\¦|¦>¦&a ¦*a¦!!str ¦- ¦---\n¦\n---\n¦\n...\n¦\r\n¦{¦}¦,¦null¦~¦yes¦0x1¦1_0¦current-context: b\n¦" +
    "\ncurrent-context: b\n¦namespace: x\n¦\u2028¦\u0085¦\u0000¦\ufeff¦é",
);
const currents = split(
  "current-context: a¦current-context: b¦current-context: kind-a¦current-context: \"b\"¦current-context: 'a'¦current-context: a # the first¦" +
    'current-context:\n  a¦current-context : a¦current-context: >-\n  a¦current-context: |\n  a¦current-context:¦¦current-context: ""¦' +
    '? current-context\n: a¦"current-context": b¦current-context: a\n  b¦current-context: a\n\n b¦current-context: ~¦' +
    '"current-\\\n  context": a¦"current\\u002dcontext": a¦current-context: !!str a¦<<: {current-context: a}',
);
const namespaces = split(
  '¦¦    namespace: demo\n¦    namespace: web\n¦    namespace: ""\n¦    namespace: null\n¦    namespace: >\n      x\n',
);

/** The files that kubectl reads, and its flags. */
function kubeconfig({ below, pick, some, edited }: Random): Input["kubeconfig"] {
  const name = () => (below(90) > 0 ? pick(["a", "b", "kind-a"]) : pick(["08_15", "yes", "null", "a b", "1"]));
  const context = (of: string) => {
    return `- context:\n    cluster: ${name()}\n${pick(namespaces)}    user: ${name()}\n  name: ${of}\n`;
  };
  const signIns = [
    "    token: t\n",
    "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: kubelogin\n      interactiveMode: IfAvailable\n",
    "    auth-provider:\n      name: oidc\n",
  ];
  const user = (of: string) => `- name: ${of}\n  user:${pick([" {}\n", ...signIns.map((text) => `\n${text}`)])}`;
  const cluster = (of: string) => `- cluster:\n    server: https://${pick(["one", "two"])}:6443\n  name: ${of}\n`;
  const list = (key: string, make: (of: string) => string) => {
    const names = some(0, 3, name);
    const items = (below(20) > 0 ? [...new Set(names)] : names).map(make).join("");
    return items === "" ? pick([`${key}: []\n`, `${key}: null\n`, ""]) : `${key}:\n${items}`;
  };
  const block = () => {
    const parts = ["apiVersion: v1\n", list("clusters", cluster), list("contexts", context), "kind: Config\n", list("users", user)];
    parts.splice(below(parts.length + 1), 0, `${pick(currents)}\n`);
    return `${pick(["", "", "", "---\n", "# mine\n", "%YAML 1.1\n---\n"])}${parts.join("")}${pick(["", "", "", "---\ncurrent-context: b\n", "...\n"])}`;
  };
  const inJson = () => {
    const current = (): Member => [pick(["current-context", "current-context", "Current-Context"]), pick(['"a"', '"b"', '""', "null"])];
    const contexts = some(0, 1, () => ({ name: "a", context: { cluster: "a", user: "a", namespace: pick(["demo", "", null]) } }));
    const clusters = '[{"name":"a","cluster":{"server":"https://one"}}]';
    return json([...some(0, 2, current), ["clusters", clusters], ["contexts", JSON.stringify(contexts)]]);
  };
  const file = () => {
    const text = below(8) > 0 ? block() : inJson();
    return below(3) > 0 ? text : edited(text, kubeconfigWords);
  };
  return { texts: some(1, 2, file), context: pick(["", "", "a", "b", "none"]), cluster: pick(["", "", "", "a"]) };
}

// Label selectors

const selectorWords = [..."=!,()<> \t\n/.-_aA1é", ...split("==¦!=¦ in ¦ notin ¦in¦example.com/¦..¦,,¦()¦(,)¦exists"), "a".repeat(64)];
const labelKeys = split("team¦app.kubernetes.io/name¦Team¦a¦a_b.c-d¦kubernetes.io/metadata.name¦in¦notin¦x/y¦1¦A/x");
const labelValues = split("blue¦1¦¦a.b_c-d¦true¦in¦notin¦Blue¦-a¦b.");

function selector({ pick, some, edited, below }: Random): Input["selector"] {
  const values = () => some(1, 3, () => pick(labelValues)).join(pick([",", ", ", " , "]));
  const one = () =>
    pick([
      () => pick(labelKeys),
      () => `!${pick(["", " "])}${pick(labelKeys)}`,
      () => `${pick(labelKeys)}${pick(["=", "==", "!=", " = ", " != "])}${pick(labelValues)}`,
      () => `${pick(labelKeys)} ${pick(["in", "notin"])} ${pick(["(", "( "])}${values()})`,
      () => `${pick(labelKeys)}${pick([">", "<", " > "])}${pick(["1", "x", "007"])}`,
    ])();
  const whole = some(1, 3, one).join(pick([",", ", ", " ,"]));
  return below(2) > 0 ? whole : edited(whole, selectorWords);
}

// Schedules

const cronWords = [..."*?/,-0123456789 \t#LW@+_", ...split("jan¦FEB¦mon¦sun¦*/¦1-5¦sat-sun¦007¦60¦24¦TZ=UTC ¦@daily¦  ")];

function cron({ below, pick, some, edited }: Random): Input["cron"] {
  const field = (first: number, last: number, names: readonly string[]) => {
    const value = () =>
      names.length > 0 && below(3) === 0 ? pick(names) : String(first + below(last - first + 1 + (below(20) === 0 ? 2 : 0)));
    const range = () =>
      pick([
        () => "*",
        () => "*",
        value,
        value,
        () =>
          split(`${value()}¦${value()}`)
            .sort((a, b) => Number(a) - Number(b))
            .join("-"),
        () => "?",
      ])();
    const step = () => pick(["", "", "", `/${below(last)}`, "/1", ""]);
    return below(3) === 0 ? some(1, 3, () => range() + step()).join(",") : range() + step();
  };
  const months = field(1, 12, ["jan", "Feb", "DEC"]);
  const weekdays = field(0, 6, ["sun", "Mon", "SAT"]);
  const fields = [field(0, 59, []), field(0, 23, []), field(1, 31, []), months, weekdays].map((each) => (below(3) === 0 ? "*" : each));
  return below(4) > 0 ? fields.join(" ") : edited(fields.join(" "), cronWords);
}

// Objects to print as YAML

const scalars = split(
  "¦ ¦~¦null¦Null¦true¦True¦yes¦No¦on¦OFF¦y¦N¦=¦<<¦-¦--¦---¦...¦? a¦: a¦- a¦a: b¦a #b¦0x1F¦0b11¦0o17¦017¦1e3¦1.5¦.5¦5.¦+1¦-0¦.inf¦-.INF¦.nan¦" +
    "1:30¦190:20:30¦08_15¦2024_09e1¦1e0_1¦0o7_1¦-_1¦1_000¦2001-01-01¦2001-12-14t21:59:43.10-05:00¦2001-1-1 1:1:1¦!a¦&a¦*a¦%a¦@a¦`a¦{a¦[a¦a]¦" +
    "'a¦\"a¦a\nb¦a\n¦\na¦ a¦a ¦a\n\n¦a\n b¦\ta¦a\tb¦a\r\nb¦\r¦\u0000¦\u0085¦\u2028¦\ufeffa¦\u202e¦\u007f¦é¦😀¦{{ .Values.a }}¦$(A)¦#¦a:¦:¦,¦" +
    "a\n---\nb¦---\na¦\n---\n¦|¦>¦|-¦text0z¦text",
).concat("a".repeat(200), "a ".repeat(100));
const scalarWords = [..."0123456789_+-.eExXoOb:TZ~ \n\t#'\"\\,[]{}&*!|>%@`a\u2028\u0085é", ...split("---¦\n---\n¦...¦__¦e1¦0x¦0o¦0b")];

function object({ below, pick, some, edited }: Random): Input["yaml"] {
  const number = () => some(1, 8, () => pick([..."0123456789_+-.eExob:aF"])).join("");
  const text = () => pick([() => pick(scalars), () => edited(pick(scalars), scalarWords), number, () => "plain text"])();
  const value = (depth: number): unknown =>
    pick([
      text,
      text,
      () => pick([true, false, null, 0, -1, 1.5, 1e21, 1e-7, 2 ** 53, 1_700_000_000]),
      () => (depth > 2 ? text() : some(0, 3, () => value(depth + 1))),
      () => (depth > 2 ? text() : Object.fromEntries(some(0, 3, () => [text(), value(depth + 1)]))),
    ])();
  const data = Object.fromEntries(some(1, 4, () => [text(), text()]));
  const metadata = { name: "a", annotations: { a: text() } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data, more: below(2) > 0 ? value(0) : text() };
}

/** Generators of realistic inputs, about half of them with some edits. */
export const makers: { readonly [K in keyof Input]: (random: Random) => Input[K] } = {
  image,
  keyring: pullSecrets,
  kubeconfig,
  selector,
  cron,
  yaml: object,
};
