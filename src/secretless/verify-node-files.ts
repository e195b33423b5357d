import { CliError } from "../errors.ts";
import { readDocuments, type Yaml } from "../manifest/read.ts";
import { type ManifestText, manifestError } from "../manifest/text.ts";
import { providerClouds, providerName } from "./node-files.ts";
import { annotationKeys, tokenAudience } from "./objects.ts";

/** A field of a file. `one`: its only values. `of`: the fields of the object, or of each object of the list. */
type Field = {
  readonly is: keyof typeof types;
  readonly required?: boolean;
  readonly one?: readonly unknown[];
  of?(item: unknown): Fields;
};
type Fields = Readonly<Record<string, Field>>;

type Path = readonly (string | number)[];
type Problem = { readonly path: Path; readonly message: string };

const isText = (value: unknown) => typeof value === "string";
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const types = {
  string: { name: "a string", has: isText },
  duration: { name: "a duration such as 10m", has: (value: unknown) => /^(?:0|(?:[\d.]+(?:ns|us|ms|s|m|h))+)$/.test(String(value)) },
  boolean: { name: "true or false, without quotation marks", has: (value: unknown) => typeof value === "boolean" },
  strings: { name: "a list of strings", has: (value: unknown) => Array.isArray(value) && value.every(isText) },
  list: { name: "a list", has: Array.isArray },
  object: { name: "an object", has: isObject },
};

const isAzure = (provider: unknown) => isObject(provider) && provider["name"] === providerName;

const api = "credentialprovider.kubelet.k8s.io";

/** kubelet.config.k8s.io/v1 CredentialProvider. For another provider, only the kubelet's own rules count. */
function provider(item: unknown): Fields {
  const azure = isAzure(item);
  const hasToken = azure || (isObject(item) && item["tokenAttributes"] !== undefined);
  return {
    name: { is: "string", required: true },
    apiVersion: { is: "string", required: true, one: [`${api}/v1`, ...(hasToken ? [] : [`${api}/v1beta1`, `${api}/v1alpha1`])] },
    matchImages: { is: "strings", required: true },
    defaultCacheDuration: { is: "duration", required: true },
    args: { is: "strings", required: azure },
    env: { is: "list", of: () => ({ name: { is: "string", required: true }, value: { is: "string", required: true } }) },
    tokenAttributes: { is: "object", required: azure, of: () => tokenAttributes(azure) },
  };
}

const tokenAttributes = (azure: boolean): Fields => ({
  serviceAccountTokenAudience: { is: "string", required: true, one: azure ? [tokenAudience] : undefined },
  requireServiceAccount: { is: "boolean", required: true, one: azure ? [true] : undefined },
  cacheType: { is: "string", required: true, one: ["ServiceAccount", "Token"] },
  requiredServiceAccountAnnotationKeys: { is: "strings", required: azure },
  optionalServiceAccountAnnotationKeys: { is: "strings" },
});

/** The kubelet's rules (k8s.io/kubernetes 1.37, pkg/credentialprovider/plugin/config.go). */
const configFields: Fields = {
  apiVersion: { is: "string", required: true, one: ["kubelet.config.k8s.io/v1"] },
  kind: { is: "string", required: true },
  providers: { is: "list", required: true, of: provider },
};

/** The fields of azure.json that the provider needs. Other programs of Azure have other fields in it. */
const azureFields: Fields = {
  cloud: { is: "string", one: Object.values(providerClouds) },
  // Without it, the provider answers without a login, and the kubelet caches that answer
  useManagedIdentityExtension: { is: "boolean", required: true, one: [true] },
};

/**
 * Returns what is wrong in a CredentialProviderConfig, an azure.json, a Talos patch with both, or a file with several of these documents.
 * Ignores other documents.
 * @returns errors with line and column
 * @throws CliError invalid for a text that is neither YAML nor JSON, or that has none of these documents
 */
export function nodeFileErrors(yaml: Yaml, source: ManifestText): CliError[] {
  const documents = readDocuments(yaml, source).documents.map(({ contents, data }) => ({ contents, problems: problemsIn(data) }));
  if (documents.every(({ problems }) => problems === undefined))
    throw new CliError("invalid", `${source.name}: contains neither a CredentialProviderConfig nor an azure.json`);
  return documents.flatMap(({ contents, problems = [] }) =>
    problems.map(({ path, message }) => manifestError(source, positionOf(contents, path), message)),
  );
}

/** @returns undefined for a document of another kind */
function problemsIn(data: unknown): Problem[] | undefined {
  if (!isObject(data)) return undefined;
  const talos = ["machine", "kubelet", "credentialProviderConfig"];
  const nested = valueAt(data, talos);
  if (nested !== undefined) return configProblems(nested, talos);
  if (data["kind"] === "CredentialProviderConfig") return configProblems(data, []);
  return data["kind"] === undefined ? fieldProblems(data, azureFields, []) : undefined;
}

function configProblems(config: unknown, path: Path): Problem[] {
  if (!isObject(config)) return [wrongType(path, "object")];
  const problems = [...unknownFields(config, configFields, path), ...fieldProblems(config, configFields, path)];
  return problems.length > 0
    ? problems
    : providerProblems(config["providers"] as readonly Record<string, unknown>[], [...path, "providers"]);
}

function providerProblems(providers: readonly Record<string, unknown>[], path: Path): Problem[] {
  const names = providers.map(({ name }) => name);
  const repeated = names.flatMap((name, index) => (names.indexOf(name) < index ? problem([...path, index, "name"], "is a duplicate") : []));
  const index = providers.findIndex(isAzure);
  if (index < 0) return [...repeated, problem(path, `must contain ${providerName}`)];
  const keys = [index, "tokenAttributes", "requiredServiceAccountAnnotationKeys"];
  const found = valueAt(providers, keys) as readonly string[];
  const missing = Object.values(annotationKeys).filter((key) => !found.includes(key));
  return [...repeated, ...missing.map((key) => problem([...path, ...keys], `must contain ${key}`))];
}

/** The kubelet decodes strictly: it rejects a field that it doesn't know. */
const unknownFields = (value: object, fields: Fields, path: Path): Problem[] =>
  Object.keys(value).flatMap((key) =>
    Object.hasOwn(fields, key) ? [] : { path: [...path, key], message: `unknown field ${JSON.stringify(nameOf([...path, key]))}` },
  );

const fieldProblems = (value: Readonly<Record<string, unknown>>, fields: Fields, path: Path): Problem[] =>
  Object.entries(fields).flatMap(([key, field]) => valueProblems(value[key], field, [...path, key]));

function valueProblems(value: unknown, { is, required, one, of }: Field, path: Path): Problem[] {
  if (isEmpty(value)) return required ? [problem(path, "is required")] : [];
  if (!types[is].has(value)) return [wrongType(path, is)];
  if (one && !one.includes(value)) return [problem(path, `must be ${one.join(" or ")}`)];
  if (!of) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => objectProblems(item, of(item), [...path, index]));
  return objectProblems(value, of(value), path);
}

function objectProblems(value: unknown, fields: Fields, path: Path): Problem[] {
  return isObject(value) ? [...unknownFields(value, fields, path), ...fieldProblems(value, fields, path)] : [wrongType(path, "object")];
}

/** Go decodes null as an absent field. The kubelet doesn't distinguish an empty text or list from an absent one. */
const isEmpty = (value: unknown) => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

const problem = (path: Path, text: string): Problem => ({ path, message: `${nameOf(path)} ${text}` });
const wrongType = (path: Path, is: Field["is"]) => problem(path, `must be ${types[is].name}`);

/** Returns `providers[0].tokenAttributes.cacheType`, as the kubelet names fields. */
const nameOf = (path: Path): string =>
  path.reduce<string>((name, step) => (typeof step === "number" ? `${name}[${step}]` : `${name}${name && "."}${step}`), "");

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inside, step) => (inside as Record<string | number, unknown> | undefined | null)?.[step], value);

type Contents = ReturnType<typeof readDocuments>["documents"][number]["contents"];

/** Returns the position of a value, or of the innermost object that should contain it. */
function positionOf(contents: Contents, path: Path): number {
  const inner = contents && "getIn" in contents ? contents : undefined;
  for (let depth = path.length; inner && depth > 0; depth--) {
    const node = inner.getIn(path.slice(0, depth), true);
    if (typeof node === "object" && node !== null && "range" in node) return (node.range as readonly number[])[0] ?? 0;
  }
  return contents?.range[0] ?? 0;
}
