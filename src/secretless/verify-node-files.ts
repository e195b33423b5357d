import { CliError } from "../errors.ts";
import { type Json, objectOf, objectsOf } from "../json.ts";
import { readDocuments, type Yaml } from "../manifest/read.ts";
import { type ManifestText, manifestError } from "../manifest/text.ts";
import { providerClouds, providerName } from "./node-files.ts";
import { annotationKeys, tokenAudience } from "./objects.ts";

/** What to say about a value that the rule rejects: `must be a string`. */
type Rule = { readonly wrong: string; accepts(value: unknown): boolean };

/** Only the first rule that rejects the value counts. `of`: the fields of an object, and of each in a list, after the items `before` it. */
type Field = { readonly rules: readonly Rule[]; readonly required?: boolean; of?(item: Json, before: readonly unknown[]): Fields };
type Fields = Readonly<Record<string, Field>>;

type Path = readonly (string | number)[];
type Problem = { readonly path: Path; readonly message: string };

const isText = (value: unknown) => typeof value === "string";
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isAzure = (provider: unknown) => isObject(provider) && provider["name"] === providerName;

const rule = (wrong: string, accepts: Rule["accepts"]): Rule => ({ wrong, accepts });
const text = rule("must be a string", isText);
const texts = rule("must be a list of strings", (value) => Array.isArray(value) && value.every(isText));
const boolean = rule("must be true or false, without quotation marks", (value) => typeof value === "boolean");
const duration = rule("must be a duration such as 10m", (value) => /^(?:0|(?:[\d.]+(?:ns|us|ms|s|m|h))+)$/.test(String(value)));
const list = rule("must be a list", Array.isArray);
const object = rule("must be an object", isObject);
const oneOf = (...values: readonly unknown[]) => rule(`must be ${values.join(" or ")}`, (value) => values.includes(value));
const containing = (item: string) => rule(`must contain ${item}`, (value) => Array.isArray(value) && value.includes(item));

const api = "credentialprovider.kubelet.k8s.io";

/** kubelet.config.k8s.io/v1 CredentialProvider. For another provider, only the kubelet's own rules count. */
function provider(item: Json, before: readonly unknown[]): Fields {
  const azure = isAzure(item);
  const forAzure = (...rules: readonly Rule[]) => (azure ? rules : []);
  const older = azure || item["tokenAttributes"] !== undefined ? [] : [`${api}/v1beta1`, `${api}/v1alpha1`];
  const unique = rule("is a duplicate", (name) => !objectsOf(before).some((one) => one["name"] === name));
  return {
    name: { rules: [text, unique], required: true },
    apiVersion: { rules: [oneOf(`${api}/v1`, ...older)], required: true },
    matchImages: { rules: [texts], required: true },
    defaultCacheDuration: { rules: [duration], required: true },
    args: { rules: [texts], required: azure },
    env: { rules: [list], of: () => ({ name: { rules: [text], required: true }, value: { rules: [text], required: true } }) },
    tokenAttributes: {
      rules: [object],
      required: azure,
      of: () => ({
        serviceAccountTokenAudience: { rules: [text, ...forAzure(oneOf(tokenAudience))], required: true },
        requireServiceAccount: { rules: [boolean, ...forAzure(oneOf(true))], required: true },
        cacheType: { rules: [oneOf("ServiceAccount", "Token")], required: true },
        requiredServiceAccountAnnotationKeys: {
          rules: [texts, ...forAzure(...Object.values(annotationKeys).map(containing))],
          required: azure,
        },
        optionalServiceAccountAnnotationKeys: { rules: [texts] },
      }),
    },
  };
}

// An item that is not an object has an error of its own
const hasAzure = rule(`must contain ${providerName}`, (all) => (all as readonly unknown[]).some((one) => !isObject(one) || isAzure(one)));

/** The kubelet's rules (k8s.io/kubernetes 1.37, pkg/credentialprovider/plugin/config.go). */
const configFields: Fields = {
  apiVersion: { rules: [oneOf("kubelet.config.k8s.io/v1")], required: true },
  kind: { rules: [text], required: true },
  providers: { rules: [list, hasAzure], required: true, of: provider },
};

/** The fields of azure.json that the provider needs. Other programs of Azure have other fields in it. */
const azureFields: Fields = {
  cloud: { rules: [oneOf(...Object.values(providerClouds))] },
  // Without it, the provider answers without a login, and the kubelet caches that answer
  useManagedIdentityExtension: { rules: [boolean, oneOf(true)], required: true },
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
  const { credentialProviderConfig: inTalos } = objectOf(objectOf(data["machine"])["kubelet"]);
  if (inTalos !== undefined) return objectProblems(inTalos, () => configFields, ["machine", "kubelet", "credentialProviderConfig"]);
  if (data["kind"] === "CredentialProviderConfig") return objectProblems(data, () => configFields, []);
  return data["kind"] === undefined ? fieldProblems(data, azureFields, []) : undefined;
}

/** The kubelet decodes strictly: it rejects a field that it doesn't know. */
function objectProblems(value: unknown, of: (item: Json) => Fields, path: Path): Problem[] {
  if (!isObject(value)) return [problem(path, object.wrong)];
  const fields = of(value);
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
  return [
    ...unknown.map((key) => ({ path: [...path, key], message: `unknown field ${JSON.stringify(nameOf([...path, key]))}` })),
    ...fieldProblems(value, fields, path),
  ];
}

const fieldProblems = (value: Json, fields: Fields, path: Path): Problem[] =>
  Object.entries(fields).flatMap(([key, field]) => valueProblems(value[key], field, [...path, key]));

function valueProblems(value: unknown, { rules, required, of }: Field, path: Path): Problem[] {
  // Go decodes null as an absent field. The kubelet doesn't distinguish an empty text or list from an absent one
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0))
    return required ? [problem(path, "is required")] : [];
  const broken = rules.find((one) => !one.accepts(value));
  if (broken) return [problem(path, broken.wrong)];
  if (!of) return [];
  if (!Array.isArray(value)) return objectProblems(value, (item) => of(item, []), path);
  return value.flatMap((one, index) => objectProblems(one, (item) => of(item, value.slice(0, index)), [...path, index]));
}

const problem = (path: Path, wrong: string): Problem => ({ path, message: `${nameOf(path)} ${wrong}` });

/** Returns `providers[0].tokenAttributes.cacheType`, as the kubelet names fields. */
const nameOf = (path: Path): string =>
  path.reduce<string>((name, step) => (typeof step === "number" ? `${name}[${step}]` : `${name}${name && "."}${step}`), "");

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
