/** A file of the project: its path in the checkout, with `/` as separator, and its text. */
export type Source = { readonly path: string; readonly text: string };

/** Files that every module may import: contracts, which depend on no module. */
const contracts = [
  "src/errors.ts",
  "src/hint.ts",
  "src/env.ts",
  "src/json.ts",
  "src/nearest.ts",
  "src/sensitive.ts",
  "src/azure/port.ts",
  "src/registry/port.ts",
  "src/registry/login-server.ts",
  "src/registry/server-key.ts",
  "src/objects.ts",
  "src/kinds.ts",
  "src/interruption.ts",
  "src/retry.ts",
  "src/timestamp.ts",
  "src/duration.ts",
  "src/clock.ts",
  "src/wording.ts",
  "src/outcome.ts",
  "src/tools.ts",
  "src/scope/scope.ts",
  "src/scope/limits.ts",
  "src/check/cause.ts",
  "src/kube/port.ts",
];

/** The floors of the sources, from the top, and the folders on each. */
export const floors: readonly (readonly string[])[] = [
  ["cmd"],
  ["src/verbs", "src/output"],
  ["src/doctor", "src/source"],
  ["src/targets", "src/credential", "src/schedule"],
  ["src/usage", "src/secretless", "src/file"],
  ["src/check", "src/secret"],
  ["src/kubelet", "src/registry", "src/azure"],
  ["src/kube", "src/http", "src/scope", "src"],
];

/** The folders, and the lower ones that each may import. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  cmd: [
    "src/verbs",
    "src/source",
    "src/doctor",
    "src/targets",
    "src/credential",
    "src/usage",
    "src/secretless",
    "src/schedule",
    "src/file",
    "src/output",
    "src/check",
    "src/secret",
    "src/registry",
    "src/azure",
    "src/kube",
    "src/scope",
  ],
  "src/verbs": [
    "src/doctor",
    "src/source",
    "src/targets",
    "src/credential",
    "src/usage",
    "src/secretless",
    "src/file",
    "src/check",
    "src/secret",
    "src/registry",
    "src/kube",
    "src/scope",
  ],
  "src/doctor": ["src/schedule", "src/credential", "src/usage", "src/check", "src/secret", "src/azure", "src/http", "src/scope"],
  "src/source": ["src/targets", "src/credential", "src/usage", "src/registry", "src/secret", "src/kube", "src/scope"],
  "src/targets": ["src/usage", "src/kube", "src/scope"],
  "src/credential": ["src/usage", "src/secret", "src/registry", "src/azure", "src/kube", "src/scope"],
  // The facts of a pull secret for a check need the row of its kind
  "src/usage": ["src/credential", "src/check", "src/secret", "src/kubelet", "src/registry", "src/scope"],
  "src/secretless": ["src/kube"],
  "src/schedule": ["src/file"],
  "src/file": ["src/check", "src/registry", "src/azure"],
  "src/output": ["src/doctor", "src/file", "src/check", "src/secret"],
  "src/check": ["src/kubelet"],
  "src/secret": ["src/kubelet", "src/kube"],
  "src/kubelet": [],
  "src/registry": ["src/http"],
  "src/azure": ["src/http", "src/scope"],
  "src/kube": [],
  "src/http": [],
  "src/scope": [],
  src: ["src/kube"],
};

/** The npm packages, and the only modules that may use each. Packages marked `late` take tens of milliseconds to load. */
const packages: Readonly<Record<string, { readonly in: readonly string[]; readonly late?: true }>> = {
  "@azure/core-rest-pipeline": { in: ["src/azure", "src/http"], late: true },
  "@azure/identity": { in: ["src/azure"], late: true },
  chalk: { in: ["src/output"] },
  diff: { in: ["src/output"] },
  execa: { in: ["src/azure", "src/kube"], late: true },
  "https-proxy-agent": { in: ["src/http"], late: true },
  ora: { in: ["src/output"], late: true },
  "js-yaml": { in: ["cmd", "src/output", "src/kube", "src/file"], late: true },
  yargs: { in: ["cmd"] },
};

/** Modules that only compute: their functions are synchronous, and return the same result for the same arguments. */
const pure = ["src/secret", "src/secretless", "src/kubelet", "src/check", "src/schedule", "src/file"];

/** Files of the project that are data for the command line: its version, and the rights of each verb. */
const data = ["package.json", "docs/rbac.json"];

/** The only files that read the text of a Sensitive: a request to Azure, a request to a registry, and the data of a Secret. */
const reveals = ["src/azure/service.ts", "src/registry/ask.ts", "src/secret/docker-config.ts"];

/** Patterns that are forbidden in most modules. */
const bans: readonly { readonly word: RegExp; readonly notIn: (room: string, path: string) => boolean; readonly instead: string }[] = [
  {
    word: /\b(async|await|Promise)\b/,
    notIn: (room) => pure.includes(room),
    instead: `${pure.join(", ")} only compute; let src/usage read first, and pass the result`,
  },
  {
    word: /(?<![-.\w])(process|console)\s*[.[]|"node:process"/,
    notIn: (room) => room.startsWith("src"),
    instead: "take streams and environment variables from the Env (src/env.ts); only cmd/ knows the process",
  },
  {
    word: /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/,
    notIn: (room) => room.startsWith("src"),
    instead: "take the time from Env.now and chance from node:crypto, so that a test can know the result",
  },
  {
    word: /[!=]== *"cancelled"/,
    notIn: () => true,
    instead: "ask isRefusal or for an Interrupted (src/errors.ts): the user may have cancelled, or a signal ended the run",
  },
  {
    word: /\bAsyncLocalStorage\b/,
    notIn: () => true,
    instead: "pass the value as an argument: each such store slows every promise of the process permanently",
  },
  {
    word: /\.reveal\(/,
    notIn: (_, path) => !reveals.includes(path),
    instead: `pass the Sensitive itself; only ${reveals.join(", ")} send its text`,
  },
  {
    word: /\bkind\)? *(===|!==) *"(acr-token|given|namespace|secret|serviceaccount|pod|registry|\w+\.azurecr\.io)"/,
    notIn: (room) => room !== "src/credential",
    instead: "add a member to the row of the kind (src/kinds.ts, src/credential/kinds.ts), so that a new kind is a row",
  },
];

/** Returns every violation of the architecture's rules by the sources, each with the fix. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const room = roomOf(path);
    const code = withoutComments(text);
    const found = importsOf(code).map((one) => (one.from.startsWith(".") ? wrongRoom(path, room, one) : wrongPackage(room, one)));
    const banned = bans.map(({ word, notIn, instead }) => {
      const at = notIn(room, path) && word.exec(code);
      return at ? `has ${at[0].trim()}: ${instead}` : undefined;
    });
    return [...found, ...banned].filter((breach) => breach !== undefined).map((breach) => `${path} ${breach}`);
  });
}

/** Returns the first import cycle as a list of files in order, or an empty list. */
export function circle(sources: readonly Source[]): string[] {
  const imports = new Map(
    sources.map(({ path, text }) => [path, importsOf(withoutComments(text)).flatMap(({ from }) => fileOf(path, from))]),
  );
  const clear = new Set<string>();
  const follow = (path: string, way: readonly string[]): string[] => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (clear.has(path)) return [];
    for (const next of imports.get(path) ?? []) {
      const found = follow(next, [...way, path]);
      if (found.length > 0) return found;
    }
    clear.add(path);
    return [];
  };
  return sources.map(({ path }) => follow(path, [])).find((way) => way.length > 0) ?? [];
}

/** Returns the files that a file loads when it is loaded, and those that these load. */
export function loadedWith(entry: string, sources: readonly Source[]): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, withoutComments(text)]));
  const loads = (path: string) => importsOf(texts.get(path) ?? "").filter(({ typeOnly, late }) => !typeOnly && !late);
  const loaded = new Set([entry]);
  for (const path of loaded) for (const next of loads(path).flatMap(({ from }) => fileOf(path, from))) loaded.add(next);
  return [...loaded];
}

const fileOf = (path: string, from: string) => (from.startsWith(".") ? [new URL(from, `file:///${path}`).pathname.slice(1)] : []);

type Import = { readonly from: string; readonly typeOnly: boolean; readonly late: boolean };

function wrongRoom(path: string, room: string, { from }: Import): string | undefined {
  const target = new URL(from, `file:///${path}`).pathname.slice(1);
  const other = roomOf(target);
  if (other === room || contracts.includes(target) || (room === "cmd" && data.includes(target))) return undefined;
  const may = rooms[room] ?? [];
  if (may.includes(other)) return undefined;
  const list = may.length > 0 ? ` and ${may.join(", ")}` : "";
  return `imports ${target}: ${room} may import the contracts (${contracts.join(", ")})${list}; let cmd bring the two together`;
}

function wrongPackage(room: string, { from, typeOnly, late }: Import): string | undefined {
  if (from.startsWith("node:"))
    return late
      ? `imports ${from} late, which the binary cannot: import it at the top, and have scripts/bundle.ts load it late`
      : undefined;
  const rule = packages[from.split("/", from.startsWith("@") ? 2 : 1).join("/")];
  if (!rule) return `imports ${from}: a new package needs a row in test/support/architecture.ts that says who may use it`;
  if (!rule.in.includes(room)) return `imports ${from}: only ${rule.in.join(" and ")} may, and the rest asks there`;
  if (rule.late && !late && !typeOnly) return `imports ${from} at every start: write await import("${from}") where it is used`;
  return undefined;
}

/** Returns `src/secret` for `src/secret/record.ts`, `cmd` for `cmd/create/options.ts`, `src` for `src/errors.ts`. */
function roomOf(path: string): string {
  const [top = "", next = "", ...rest] = path.split("/");
  return top === "src" && rest.length > 0 ? `src/${next}` : top;
}

function importsOf(code: string): Import[] {
  const standing = [...code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm)];
  // `import("x").Type` imports a type. Only an awaited or chained import loads a module, and both forms count as late.
  const called = [...code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)];
  return [
    ...standing.map(([, type, from = ""]) => ({ from, typeOnly: type !== undefined, late: false })),
    ...called.map(([, from = ""]) => ({ from, typeOnly: false, late: true })),
  ];
}

function withoutComments(text: string): string {
  return text.replace(/(?<![\w*])\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "$1");
}
