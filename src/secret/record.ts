import { parseObject, withoutAbsent } from "../json.ts";
import { isObjectName } from "../kinds.ts";
import { managedBy, type Secret } from "../objects.ts";
import { isTimestamp } from "../timestamp.ts";

/** One password of a credential: the one that was created then, and no later one in the same slot. */
export type Password = {
  /** `password1` or `password2` of an ACR token; the id of a key of an application. */
  readonly slot: string;
  /** When Azure created it, by Azure's clock (RFC 3339). */
  readonly madeAt: string;
};

/** What a source says about its credential. It never contains a password. */
export type Credential = {
  /** The kind of credential, such as `acr-token`. */
  readonly kind: string;
  /** The login server of its registry. */
  readonly host: string;
  /** The user name of its login: the name of an ACR token, the id of an application. */
  readonly identity: string;
  readonly slot?: string | undefined;
  /** RFC 3339, as the next two. */
  readonly madeAt?: string | undefined;
  /** Absent if the password does not expire, or if that is not known. */
  readonly expiresAt?: string | undefined;
  /** The identity that created the password, as Azure names it. */
  readonly by?: string | undefined;
  /** The password that was replaced. It works until then; without a time, until the next rotation. */
  readonly previous?: (Password & { readonly until?: string | undefined }) | undefined;
  /** The repositories that were granted: `app/web`, `team/*`. Absent if the plugin did not grant them. */
  readonly repositories?: readonly string[] | undefined;
  /** `create --export` printed it, so it is not the Secret's own. */
  readonly isExported?: true | undefined;
  readonly file?: FileOfRecord | undefined;
};

/** The identity of a file of `apply` in a cluster: its home is a namespace. */
export type FileIdentity = { readonly home: string; readonly name: string };

/** The file that a source belongs to, and the ServiceAccounts to whose lists `apply` has added it: names and patterns. */
export type FileOfRecord = FileIdentity & { readonly serviceAccounts: readonly string[] };

/** A run is about to generate a password. The next run that claims the source fills this slot again, or ends the password in it. */
export type Intent = {
  /** The slot of a token, or the unique display name of a key. */
  readonly slot: string;
  /** The creation time of the password that is in the slot already and that no Secret holds. */
  readonly madeAt?: string | undefined;
  /** When the claim ends that was written with it. */
  readonly until: string;
};

/** While it lasts, only its run changes the credential. Times are those of the API server (its `Date` header), RFC 3339. */
export type Claim = {
  readonly run: string;
  readonly until: string;
  /** The name of the token or application in Azure, noted before it is created. */
  readonly identity?: string | undefined;
  readonly intent?: Intent | undefined;
  /** The Secret was created for the claim, so it is deleted if it gets no login. */
  readonly created?: true | undefined;
};

/** The source of a copy. `madeAt`: the password that the copy was given. */
export type SourceOfCopy = { readonly namespace: string; readonly name: string; readonly madeAt?: string | undefined };

/** The namespaces that were given a copy: their names with their uids. */
export type Copies = Readonly<Record<string, string>>;

export const credentialKey = "acr-secret/credential";
export const claimKey = "acr-secret/claim";
/** The label of a copy: the namespace of its source. */
export const copyLabel = "acr-secret/copy-of";
export const sourceKey = "acr-secret/source";
/** The key of a source's data with the list of its copies. */
export const copiesKey = "acr-secret.copies";

type WithMetadata = Pick<Secret, "metadata">;

/** The most characters of a member of an annotation. */
const longestText = 1_000;

/** Reads an annotation. Anyone in the namespace can write it: a member of another type, or with a long text, makes it void. */
function annotation<T>({ metadata }: WithMetadata, key: string, texts: Readonly<Record<string, "required" | "optional">>): T | undefined {
  const found = parseObject(metadata.annotations?.[key] ?? "");
  const isText = ([name, need]: [string, string]) => {
    const text = found?.[name];
    return text === undefined ? need === "optional" : typeof text === "string" && text.length <= longestText;
  };
  return found && Object.entries(texts).every(isText) ? (found as T) : undefined;
}

export const isOurs = ({ metadata }: WithMetadata): boolean => metadata.labels?.[managedBy.key] === managedBy.value;

/** The record of a source; undefined for a copy, and for a Secret of another tool. */
export function credentialOf(secret: WithMetadata | undefined): Credential | undefined {
  if (!secret || !isOurs(secret) || sourceOf(secret)) return undefined;
  return recordIn(secret);
}

/** What the annotation says, whatever tool the label names: other tools overwrite the label and leave the annotation. */
export function recordIn(secret: WithMetadata): Credential | undefined {
  const texts = { kind: "required", host: "required", identity: "required", slot: "optional", madeAt: "optional" } as const;
  const found = annotation<Credential>(secret, credentialKey, { ...texts, expiresAt: "optional", by: "optional" });
  if (!found) return undefined;
  const { previous, repositories, file } = found;
  const isExported = found.isExported === true || undefined;
  // Two records with the same text must be equal
  return withoutAbsent({
    ...found,
    isExported,
    previous: isPrevious(previous) ? previous : undefined,
    repositories: textsIn(repositories),
    file: fileIn(file),
  });
}

function isPrevious(value: unknown): value is Credential["previous"] {
  const { slot, madeAt, until } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof slot === "string" && typeof madeAt === "string" && (until === undefined || (typeof until === "string" && isTimestamp(until)))
  );
}

function fileIn(value: unknown): FileOfRecord | undefined {
  const { home, name, serviceAccounts } = (value ?? {}) as Record<string, unknown>;
  // A team can write any text into the record of its source. A request for an invalid name fails
  const accounts = textsIn(serviceAccounts)?.filter((one) => isObjectName(one.replaceAll("*", "x")));
  return isLabel(home) && isLabel(name) && accounts ? { home, name, serviceAccounts: accounts } : undefined;
}

const isLabel = (value: unknown): value is string => typeof value === "string" && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value);

export const isSameFile = (a: FileIdentity, b: FileIdentity | undefined): boolean => a.home === b?.home && a.name === b.name;

const textsIn = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;

export function claimOf(secret: WithMetadata | undefined): Claim | undefined {
  const found = secret && annotation<Claim>(secret, claimKey, { run: "required", until: "required", identity: "optional" });
  if (!found || !isTimestamp(found.until)) return undefined;
  const { slot, madeAt, until } = (found.intent ?? {}) as Partial<Record<keyof Intent, unknown>>;
  const isIntent = typeof slot === "string" && typeof until === "string" && (madeAt === undefined || typeof madeAt === "string");
  return { ...found, intent: isIntent ? found.intent : undefined, created: found.created === true || undefined };
}

/** The source that a copy names. Its tenant can write this anywhere: it shows only where a recorded copy may be overwritten. */
export function sourceOf(secret: WithMetadata): SourceOfCopy | undefined {
  const namespace = secret.metadata.labels?.[copyLabel];
  if (namespace === undefined) return undefined;
  const named = annotation<SourceOfCopy>(secret, sourceKey, { namespace: "required", name: "required", madeAt: "optional" });
  return named?.namespace === namespace ? named : { namespace, name: secret.metadata.name };
}

/** The namespaces with a copy. Only the owners of the source's namespace can write it. */
export function copiesOf(secret: Pick<Secret, "data"> | undefined): Copies {
  const found = parseObject(Buffer.from(secret?.data?.[copiesKey] ?? "", "base64").toString()) ?? {};
  const isCopy = (entry: [string, unknown]): entry is [string, string] => isObjectName(entry[0]) && typeof entry[1] === "string";
  return Object.fromEntries(Object.entries(found).filter(isCopy));
}

/** The value under {@link copiesKey}; null removes the key. */
export const copiesData = (copies: Copies): string | null =>
  Object.keys(copies).length === 0 ? null : Buffer.from(JSON.stringify(copies)).toString("base64");

export const samePassword = (a: Partial<Password> | undefined, b: Partial<Password> | undefined): boolean =>
  a?.slot !== undefined && a.slot === b?.slot && a.madeAt !== undefined && Date.parse(a.madeAt) === Date.parse(b?.madeAt ?? "");

/** Whether the record names a password, as the current or as the replaced one. */
export const isRecorded = (credential: Credential | undefined, password: Password): boolean =>
  samePassword(credential, password) || samePassword(credential?.previous, password);
