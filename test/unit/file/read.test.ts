import fc from "fast-check";
import { expect, test } from "vitest";
import { day, hour, minute } from "../../../src/duration.ts";
import { CliError, linesIn } from "../../../src/errors.ts";
import { entry, readOne, readSeveral, wholeFile } from "../../support/desired.ts";

const scope = { selector: undefined, exclude: [], includeSystem: false };

/** A file with one entry, at line 3. */
const withEntry = (members: string, registry = "myregistry", more = "") =>
  `name: teams\nnamespace: platform\nregistry: ${registry}\npullSecrets: [{${members}}]\n${more}`;

const web = "name: acr, namespace: web, repositories: [web/*]";

test("reads every key of a file", () => {
  expect(readOne(wholeFile)).toEqual([
    {
      home: "platform",
      name: "teams",
      registry: "myregistry",
      entries: [
        {
          at: "teams.yaml:7",
          name: "acr-blue",
          registry: "myregistry",
          sources: { namespace: "platform" },
          copyTo: { ...scope, namespaces: "all", selector: "team=blue,tier in (a, b),!old" },
          repositories: ["blue/*", "base/*"],
          serviceAccounts: ["default", "ci-*"],
          credential: "service-principal",
          expiresIn: 90 * day,
          olderThan: 60 * day,
          grace: day / 2,
          restart: "stuck",
        },
        {
          ...entry,
          at: "teams.yaml:16",
          registry: "other.azurecr.io",
          sources: { eachOf: { ...scope, namespaces: { names: ["web"], globs: ["team-*"] } } },
          repositories: ["base/*"],
          restart: "none",
        },
      ],
    },
  ]);
});

test.for([
  { what: "defaults", text: withEntry(web), reads: {} },
  {
    what: "JSON",
    text: '{"name": "teams", "namespace": "platform", "registry": "myregistry",\n\n"pullSecrets":\n[{"name": "acr", "namespace": "web", "repositories": ["web/*"]}]}',
    reads: {},
  },
  { what: "Windows line ends", text: withEntry(web).replaceAll("\n", "\r\n"), reads: {} },
  { what: "an alias", text: withEntry("name: acr, namespace: &web web, repositories: [*web]"), reads: { repositories: ["web"] } },
  {
    what: "numbers as texts",
    text: withEntry("name: acr, namespace: 12, repositories: [1.0]"),
    reads: { sources: { namespace: "12" }, repositories: ["1.0"] },
  },
  { what: "a repeated repository once", text: withEntry(`${web}, serviceAccounts: [a, a]`), reads: { serviceAccounts: ["a"] } },
  {
    what: "a repository with its host",
    text: withEntry("name: acr, namespace: web, repositories: [a, myregistry.azurecr.io/a]"),
    reads: { repositories: ["a"] },
  },
  {
    what: "the address of a registry",
    text: withEntry(web, "https://myregistry.azurecr.io/"),
    reads: { registry: "myregistry.azurecr.io" },
  },
  {
    what: "the age of an entry with the grace period of the file",
    text: withEntry(`${web}, rotate: {olderThan: 2d}`, "myregistry", "rotate: {olderThan: 9d, grace: 30m}"),
    reads: { olderThan: 2 * day, grace: 30 * minute },
  },
  {
    what: "a grace period of a third of a short lifetime",
    text: withEntry(`${web}, expiresIn: 36h`),
    reads: { expiresIn: 36 * hour, grace: 12 * hour },
  },
  { what: "an entry whose passwords never expire", text: withEntry(`${web}, expiresIn: never`), reads: { expiresIn: undefined } },
  {
    what: "an entry with a lifetime in a file whose passwords never expire",
    text: withEntry(`${web}, expiresIn: 30d, credential: service-principal`, "myregistry", "expiresIn: never"),
    reads: { expiresIn: 30 * day, credential: "service-principal" },
  },
  {
    what: "the home for an entry that names no namespace",
    text: withEntry("name: acr, repositories: [web/*]"),
    reads: { sources: { namespace: "platform" } },
  },
  { what: "all namespaces", text: withEntry(`${web}, copyTo: {all: true}`), reads: { copyTo: { ...scope, namespaces: "all" } } },
])("reads $what", ({ text, reads }) => {
  expect(readOne(text)).toEqual([
    { home: "platform", name: "teams", registry: reads.registry ?? "myregistry", entries: [{ ...entry, ...reads }] },
  ]);
});

test("reads several documents without the empty ones, and several files", () => {
  const named = (name: string, namespace: string) =>
    `name: ${name}\nnamespace: platform\nregistry: myregistry\npullSecrets: [{${web.replace("web,", `${namespace},`)}}]\n`;
  const files = readSeveral({ "a.yaml": `---\n${named("a", "x")}---\n# nothing\n---\n${named("b", "y")}`, "c.json": named("c", "z") });

  expect(files.map(({ name, entries }) => [name, entries[0]?.at])).toEqual([
    ["a", "a.yaml:5"],
    ["b", "a.yaml:12"],
    ["c", "c.json:4"],
  ]);
});

/** Returns the place and the message of each problem. */
function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    expect(error).toMatchObject({ kind: "invalid" });
    const [first = "", ...lines] = linesIn((error as CliError).message);
    return lines.length > 0 ? lines : [first];
  }
  return [];
}

/** Removes the arrows of a text. @returns the places after them, as `LINE:COLUMN` */
function placesIn(marked: string): { text: string; places: string[] } {
  const [first = "", ...parts] = marked.split("→");
  let text = first;
  const places: string[] = [];
  for (const part of parts) {
    const lines = text.split("\n");
    places.push(`${lines.length}:${(lines.at(-1) ?? "").length + 1}`);
    text += part;
  }
  return { text, places };
}

/** An arrow marks the place of each problem. Each message contains these words. */
test.for([
  { what: "an empty file", text: "→", says: ["empty"] },
  { what: "a file with comments", text: "→# nothing\n---\n", says: ["empty"] },
  { what: "a list", text: "→[a]", says: ["map"] },
  { what: "text that is not YAML", text: "name: [→", says: ["invalid YAML"] },
  { what: "an unknown alias", text: "name: *→x", says: ['"x"'] },
  { what: "an alias in its own anchor", text: "name: &x [*→x]", says: ['"x"'] },
  { what: "a tag", text: "name: →!!int 3", says: ["tags"] },
  { what: "a key that is a list", text: "? →[a]\n: b", says: ["key"] },
  {
    what: "an unknown key",
    text: withEntry(web, "myregistry", "→restrat: none"),
    says: ['unknown key "restrat"; did you mean "restart"?'],
  },
  { what: "missing keys", text: "→→→restart: none", says: ['"name"', '"namespace"', '"pullSecrets"'] },
  { what: "a merge key", text: withEntry(`${web}, →<<: {restart: none}`), says: ['"<<"'] },
  {
    what: "keys of every object",
    text: withEntry(web, "myregistry", "→constructor: a\n→__proto__: b"),
    says: ["constructor", "__proto__"],
  },
  { what: "a duplicate key", text: withEntry(`${web}, →name: b`), says: ['duplicate key "name"'] },
  {
    what: "values that are missing",
    text: withEntry("→name: , namespace: →null, repositories: [→~]"),
    says: ["name", "namespace", "repositories"],
  },
  { what: "a map for a text", text: withEntry(web, "→{a: b}"), says: ["registry"] },
  { what: "a text for a list", text: withEntry("name: acr, namespace: web, repositories: →web"), says: ["a list"] },
  { what: "an empty list", text: withEntry(`${web}, serviceAccounts: →[]`), says: ["a list"] },
  { what: "no entries and no registry", text: "name: teams\nnamespace: platform\npullSecrets: →[]", says: ["pullSecrets is empty"] },
  { what: "no entries", text: "name: teams\nnamespace: platform\nregistry: myregistry\npullSecrets: →null", says: ["a list"] },
  { what: "an empty map", text: withEntry(`${web}, rotate: →{}`), says: ["a map"] },
  { what: "a long name of a file", text: withEntry(web).replace("teams", `→${"t".repeat(26)}`), says: ["25"] },
  { what: "a long name of a Secret", text: withEntry(`name: →${"a".repeat(54)}, namespace: web, repositories: [a]`), says: ["53"] },
  { what: "an invalid registry", text: withEntry(web, "→docker.io"), says: ["docker.io"] },
  { what: "no registry", text: withEntry(web).replace("registry: myregistry", "").replace("[{", "[→{"), says: ['"registry"'] },
  { what: "a tag of an image", text: withEntry("name: acr, namespace: web, repositories: [→web:1]"), says: ["remove the tag"] },
  {
    what: "another registry",
    text: withEntry("name: acr, namespace: web, repositories: [→other.azurecr.io/a]"),
    says: ["not in myregistry"],
  },
  { what: "a path in the middle", text: withEntry("name: acr, namespace: web, repositories: [→a/*/b]"), says: ["a/*/b"] },
  { what: "namespace and eachOf", text: withEntry(`${web}, eachOf: →{all: true}`), says: ["eachOf"] },
  {
    what: "copies next to eachOf",
    text: withEntry("name: acr, eachOf: {all: true}, copyTo: →{all: true}, repositories: [a]"),
    says: ["copyTo"],
  },
  { what: "two kinds of scope", text: withEntry(`${web}, copyTo: {all: →true, selector: a}`), says: ["all"] },
  { what: "all that is not true", text: withEntry(`${web}, copyTo: {all: →false}`), says: ["true"] },
  { what: "an empty selector", text: withEntry(`${web}, copyTo: {selector: →""}`), says: ["all: true"] },
  ...["Team/x=a", "a../x", "-a/x", "a=-b", "a=b.", `${"a".repeat(64)}=b`, "a in (b c)", `${"a.".repeat(127)}a/x`].map((selector) => ({
    what: `the selector ${selector}`,
    text: withEntry(`${web}, copyTo: {selector: →"${selector}"}`),
    says: [selector.slice(0, 40)],
  })),
  { what: "an invalid selector", text: withEntry(`${web}, copyTo: {selector: →"a=b="}`), says: ["a=b="] },
  { what: "an invalid namespace", text: withEntry("name: acr, namespace: →Web, repositories: [a]"), says: ["Web"] },
  { what: "a pattern as the namespace of a source", text: withEntry("name: acr, namespace: →web-*, repositories: [a]"), says: ["web-*"] },
  { what: "an unknown kind of credential", text: withEntry(`${web}, credential: →acr-tokn`), says: ['did you mean "acr-token"?'] },
  { what: "a restart of all pods", text: withEntry(`${web}, restart: →all`), says: ["stuck or none"] },
  { what: "a lifetime without a unit", text: withEntry(`${web}, expiresIn: →90`), says: ["90"] },
  { what: "a grace period of zero", text: withEntry(`${web}, rotate: {grace: →0d}`), says: ["0d"] },
  {
    what: "a rotation after the default expiry",
    text: withEntry(web, "myregistry", "rotate: {olderThan: →90d}"),
    says: ["expiresIn (90d)"],
  },
  {
    what: "a service principal whose passwords never expire",
    text: withEntry(`${web}, credential: service-principal`, "myregistry", "expiresIn: →never"),
    says: ["service principal"],
  },
  {
    what: "a rotation after the expiry",
    text: withEntry(`${web}, expiresIn: 30d`, "myregistry", "rotate: {olderThan: →30d}"),
    says: ["expiresIn"],
  },
  {
    what: "a grace period that lasts into the last third of the next life",
    text: withEntry(`${web}, expiresIn: 36h`, "myregistry", "rotate: {grace: →13h}"),
    says: ["expiresIn (1d12h)"],
  },
  {
    what: "control characters",
    text: withEntry(`name: →"a\\x1b[2J\\n* b", namespace: web, repositories: [a]`),
    says: [String.raw`"a\u001b[2J\n* b"`],
  },
  { what: "one Secret in two entries", text: withEntry(`${web}}, →{${web}`), says: ['"web"'] },
  {
    what: "a source in the way of a copy",
    text: withEntry(`${web}, copyTo: {names: [b-*]}}, →{${web.replace("web", "b-1")}`),
    says: ['"b-1"'],
  },
  {
    what: "a named namespace in all namespaces",
    text: withEntry(`name: acr, eachOf: {names: [a, b]}, repositories: [a]}, →{name: acr, eachOf: {all: true}, repositories: [a]`),
    says: ['"a"'],
  },
])("rejects $what", ({ text: marked, says }) => {
  const { text, places } = placesIn(marked);
  const problems = problemsOf(() => readOne(text));

  expect(problems.map((problem) => problem.split(": ")[0])).toEqual(places.map((place) => `teams.yaml:${place}`));
  expect(problems).toEqual(says.map((words) => expect.stringContaining(words)));
});

test.for([
  { what: "selectors", first: "eachOf: {selector: a}", second: "eachOf: {selector: b}" },
  { what: "patterns", first: "eachOf: {names: [a-*]}", second: "eachOf: {names: ['*-b']}" },
  { what: "a namespace and a selector", first: "namespace: a", second: "eachOf: {selector: b}" },
  { what: "kube-system and a pattern", first: "namespace: kube-system", second: "eachOf: {all: true}" },
  { what: "namespaces", first: "namespace: a, copyTo: {names: [b]}", second: "namespace: c, copyTo: {names: [d]}" },
])("accepts one name of a Secret for two $what", ({ first, second }) => {
  const text = withEntry(`name: acr, ${first}, repositories: [a]}, {name: acr, ${second}, repositories: [a]`);

  expect(problemsOf(() => readOne(text))).toEqual([]);
});

test("rejects two files with one name or one Secret, and names both places", () => {
  const problems = problemsOf(() => readSeveral({ "a.yaml": withEntry(web), "b.yaml": `\n${withEntry(web)}` }));

  expect(problems.map((problem) => problem.match(/\S+yaml:\d+:\d+/g))).toEqual([
    ["b.yaml:2:7", "a.yaml:1:7"],
    ["b.yaml:5:15", "a.yaml:4:15"],
  ]);
});

test("accepts two files with one name when their homes differ", () => {
  const other = withEntry("name: other, repositories: [a]").replace("platform", "web");

  expect(readSeveral({ "a.yaml": withEntry(web), "b.yaml": other }).map(({ home, name }) => [home, name])).toEqual([
    ["platform", "teams"],
    ["web", "teams"],
  ]);
});

test("reads a file without entries", () => {
  const text = "name: teams\nnamespace: platform\nregistry: myregistry\npullSecrets: []\n";

  expect(readOne(text)).toEqual([{ home: "platform", name: "teams", registry: "myregistry", entries: [] }]);
});

test("names 20 problems and counts the rest", () => {
  const problems = problemsOf(() => readOne(`${withEntry(web)}${Array.from({ length: 30 }, (_, at) => `key${at}: 1\n`).join("")}`));

  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toContain("10");
});

test("rejects a file that no ConfigMap holds", () => {
  expect(problemsOf(() => readOne(`${withEntry(web)}# ${"é".repeat(524_288)}`))).toEqual([expect.stringContaining("teams.yaml: ")]);
});

test("repeats nothing of a file that is one text", () => {
  expect(problemsOf(() => readOne("https://jane:hunter2@github.com\nmachine a password hunter2"))).toEqual([
    expect.not.stringContaining("hunter2"),
  ]);
});

test.for(["root:$6$hunter2:20228::", `hunter2${"a".repeat(34)}`])("repeats no key when it may be a password hash (%s)", (key) => {
  const problems = problemsOf(() => readOne(`${withEntry(web)}${JSON.stringify(key)}: 1\n`));

  expect(problems).toEqual([expect.stringMatching(/: unknown key$/)]);
});

test("rejects aliases that stand for too many values in little time", () => {
  const anchors = Array.from({ length: 30 }, (_, at) => `&a${at} [${at === 0 ? "x" : `*a${at - 1}, *a${at - 1}`}]`);

  expect(problemsOf(() => readOne(`name: [${anchors.join(", ")}]`))).toEqual([expect.stringContaining("alias")]);
});

test("rejects long hostile values in little time", () => {
  const values = [`a=${" ".repeat(500_000)}!`, `${"@".repeat(500_000)}\\n`, ":".repeat(500_000), "a-".repeat(250_000)];
  const members = ["name", "namespace", "registry", "expiresIn"].map((key) => values.map((value) => withEntry(`${key}: "${value}"`)));
  const lists = values.map((value) => withEntry(`repositories: ["${value}"], eachOf: {selector: "${value}"}`));

  for (const text of [...members, lists].flat()) expect(problemsOf(() => readOne(text))).not.toEqual([]);
});

const yamlWord = fc.constantFrom(
  ...["name", "pullSecrets", "registry", "namespace", "eachOf", "copyTo", "names", "selector", "all", "repositories", "rotate"],
  ...[
    ": ",
    "- ",
    "\n",
    "\n  ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "!!str ",
    "'",
    '"',
    "|\n",
    "---\n",
    "?",
    "#",
    "\t",
    "\0",
    "\r",
    "~",
    "<<",
    "\\x",
  ],
);

test("reads any text or throws a CliError", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(yamlWord, { maxLength: 30 }).map((words) => words.join("")),
    fc.json(),
  );
  const broken = fc
    .tuple(fc.nat(wholeFile.length), yamlWord, fc.nat(5))
    .map(([at, word, gone]) => wholeFile.slice(0, at) + word + wholeFile.slice(at + gone));
  fc.assert(
    fc.property(fc.oneof(texts, broken), (text) => {
      try {
        readOne(text);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
      }
    }),
  );
});
