import { readRegistryId, registryHost } from "../azure/registry-name.ts";
import { day, formatLifetime, parseLifetime } from "../duration.ts";
import { isLoginServer } from "../registry/login-server.ts";
import { choiceForm, listForm, mapForm, textForm } from "./form.ts";

// The keys of a file of desired state. The reader, the writer, the JSON Schema and the table of docs/apply.md use these tables.

/** A label of RFC 1123: `max` is the largest number of characters between the first and the last. */
const label = (max: number) => `[a-z0-9]([-a-z0-9]{0,${max}}[a-z0-9])?`;

const duration = textForm("a number with a unit (m, h, d, w or y), such as 90d or 1y", /^([1-9]\d{0,5}[mhdwy])+$/, parseLifetime);

const lifetime = textForm(
  "never, or a number with a unit (m, h, d, w or y), such as 90d or 1y",
  /^(never|([1-9]\d{0,5}[mhdwy])+)$/,
  (text) => (text === "never" ? Infinity : parseLifetime(text)),
);

const namespace = textForm("the name of a namespace", new RegExp(`^${label(61)}$`));

const namespacePattern = textForm("a name or a pattern with * and ?", /^[a-z0-9*?]([-a-z0-9*?]{0,61}[a-z0-9*?])?$/);

const registry = textForm("the name, login server or Azure resource ID of a registry", /^(https:\/\/)?[\w./()-]{1,400}$/i, (written) => {
  const host = registryHost(written);
  const isName = /^[a-z0-9]{5,50}(-[a-z0-9]+)?$/i.test(host);
  return isName || isLoginServer(host) || readRegistryId(host) ? host : undefined;
});

const component = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*";

/** The reader of an entry checks the rest, because it knows the registry. */
const repository = {
  ...textForm("a repository (team/app), a path (team/*) or the whole registry (*)", /^.{1,400}$/s),
  schema: { type: "string", pattern: `^((https://)?[\\w.-]+(:\\d+)?/)?(\\*|${component}(/${component})*(/\\*)?)$` },
};

/** A requirement of a label selector (apimachinery, pkg/labels): `a`, `!a`, `a=b`, `a!=b`, `a in (b,c)`, `a>1`. */
const labelName = "[A-Za-z0-9]([-\\w.]{0,61}[A-Za-z0-9])?";
const labelKey = `((?=[^/]{1,253}/)${label(251)}(\\.${label(251)})*/)?${labelName}`;
const labelValues = `\\( *(${labelName})?( *, *(${labelName})?)* *\\)`;
const requirement = `(! *${labelKey}|${labelKey}( *(=|==|!=) *(${labelName})?| +(in|notin) *${labelValues}| *[<>] *\\d+)?)`;

const selector = textForm(
  "a label selector, such as team=blue (to select all namespaces, use all: true)",
  new RegExp(`^(?=.{1,1000}$) *${requirement}( *, *${requirement})* *$`),
);

/** A setting that can only be turned on. */
const on = { ...choiceForm(["true"]), schema: { const: true } };

const scope = mapForm(
  {
    selector: { form: selector, describe: "The namespaces with these labels, except kube-*.", example: "team=blue" },
    names: {
      form: listForm(namespacePattern, "namespaces"),
      describe: "These namespaces, by name or pattern. A pattern doesn't match kube-*.",
      example: "[team-a, 'web-*']",
    },
    all: { form: on, describe: "All namespaces except kube-*.", example: "true" },
  },
  { oneOf: [["selector", "names", "all"]] },
);

const rotate = mapForm({
  olderThan: {
    form: duration,
    describe: "The age at which a password is replaced.",
    example: "60d",
    fallback: "the last third of its lifetime, if it expires",
  },
  grace: {
    form: duration,
    describe: "How long a replaced password still works. At most a third of expiresIn.",
    example: "24h",
    fallback: "24h, or a third of expiresIn if that is shorter",
  },
});

/** The lifetime of a new password, in milliseconds, if the file doesn't say it. A run that applies the file also rotates. */
export const defaultLifetime = 90 * day;

/** How long a replaced password works if the file doesn't say it, in milliseconds. */
export const defaultGrace = (expiresIn: number | undefined): number => Math.min(day, (expiresIn ?? Number.POSITIVE_INFINITY) / 3);

/** Keys of an entry. At the top of the file, they are the defaults of all entries. */
const defaults = {
  credential: {
    form: choiceForm(["acr-token", "service-principal"]),
    describe: "The kind of credential.",
    example: "service-principal",
    fallback: "acr-token",
  },
  expiresIn: {
    form: lifetime,
    describe: "The lifetime of a new password. A policy of the tenant can shorten that of a service principal.",
    example: "30d",
    fallback: formatLifetime(defaultLifetime),
  },
  rotate: { form: rotate, describe: "When to replace the password.", example: "{olderThan: 60d, grace: 24h}" },
  restart: {
    form: choiceForm(["stuck", "none"]),
    describe: "The pods to restart: those that can't start (stuck), or none.",
    example: "none",
    fallback: "stuck",
  },
} as const;

const registryRow = { form: registry, example: "myregistry" };

const entryRows = {
  name: {
    form: textForm(
      "the name of a Secret: at most 53 lowercase letters, digits, - and .",
      /^(?=.{1,53}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    ),
    describe: "The name of the Secret.",
    example: "acr-blue",
    required: true,
  },
  namespace: {
    form: namespace,
    describe: "The namespace of the Secret with the credential.",
    example: "platform",
    fallback: "that of the file",
  },
  eachOf: {
    form: scope,
    describe: "The namespaces that each get their own credential, instead of namespace and copyTo.",
    example: "{selector: tier=restricted}",
  },
  copyTo: {
    form: scope,
    describe: "The namespaces that get a copy of the Secret.",
    example: "{selector: team=blue}",
    fallback: "none",
  },
  registry: { ...registryRow, describe: "The registry.", fallback: "that of the file" },
  repositories: {
    form: listForm(repository, "repositories"),
    describe: "The repositories that the credential can pull.",
    example: "[blue/*, base/*]",
    required: true,
  },
  serviceAccounts: {
    form: listForm(textForm("a name or a pattern with * and ?", /^[a-z0-9*?]([-a-z0-9.*?]{0,251}[a-z0-9*?])?$/), "ServiceAccounts"),
    describe: "The ServiceAccounts that get the Secret. With copyTo, those of the namespaces with a copy.",
    example: "[default, 'ci-*']",
    fallback: "none",
  },
  ...defaults,
} as const;

/** With eachOf, each selected namespace is that of a Secret, and the targets are there. */
const entryConflicts = [
  ["namespace", "eachOf"],
  ["eachOf", "copyTo"],
] as const;

type EntryKey = keyof typeof entryRows;

/** The keys of an entry, in the order in which they are written. */
export const entryKeys = Object.keys(entryRows) as readonly EntryKey[];

const fileRows = {
  name: {
    form: textForm("a name of at most 25 lowercase letters, digits and -", new RegExp(`^${label(23)}$`)),
    describe: "The name of the file, unique in its home.",
    example: "teams",
    required: true,
  },
  namespace: {
    form: namespace,
    describe: "The home of the file: the namespace of entries that name none.",
    example: "platform",
    required: true,
  },
  registry: { ...registryRow, describe: "The registry of entries that name none." },
  ...defaults,
  pullSecrets: {
    form: listForm(mapForm(entryRows, { apart: entryConflicts }), "entries", { mayBeEmpty: true }),
    describe: "The entries, one for each Secret.",
    example: "[{name: acr, repositories: [web/*]}]",
    required: true,
  },
} as const;

const withRegistry = { required: ["registry"] };

/** A whole file. */
export const fileForm = mapForm(fileRows, {
  schema: { anyOf: [withRegistry, { properties: { pullSecrets: { minItems: 1, items: withRegistry } } }] },
});
