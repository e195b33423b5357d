import { CliError } from "../errors.ts";
import { objectOf, parseJson } from "../json.ts";
import { type ClusterKind, kinds, type Ref } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import { Sensitive } from "../sensitive.ts";
import type { Answer, Request } from "./exchange.ts";
import type { Cluster, Preconditions, Right, Where, Write, WriteOptions } from "./port.ts";
import { readStatus, saysAbsent, statusError } from "./status.ts";

const json = "application/json";

/** The most objects of a first page, and of the others. These are larger only if the objects so far were small. */
const [firstPage, laterPage] = [50, 2_000];

/** The media type of a list, and the characters that a page should have. */
const wholeObjects = { accept: json, characters: 400_000 };
const onlyMetadata = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", characters: 1_000_000 };

/**
 * The most bytes of a page with several objects. An object may have a megabyte, also of labels. Two pages of each list are in memory at the
 * same time, at first five. The objects of a page need several times its bytes.
 */
const mostBytes = 4_000_000;

/** The most bytes of a kubelet's answer. Its metrics usually have one megabyte. A node may be hostile. */
const mostOfKubelet = 16_000_000;

/**
 * Reads and writes the objects of an API server. Error responses become CliErrors in kubectl's words.
 * @param userAgent `kubectl-acr-secret/v1.2.3`
 */
export function apiClient(send: (request: Request) => Promise<Answer>, userAgent: string) {
  const get = (path: string, accept = json, most?: number) =>
    send({ method: "GET", path, headers: { accept, "user-agent": userAgent }, most });

  /** The objects of the first page by kind, after one that was too large: a tenant may have several namespaces. */
  const firstPages = new Map<ClusterKind, number>();

  async function ofKubelet(node: string, page: string, accept = json): Promise<string> {
    const answer = await get(`/api/v1/nodes/${encodeURIComponent(node)}/proxy/${page}`, accept, mostOfKubelet);
    if (answer.isTooLarge) throw new CliError("unreachable", `the ${page} of node ${node} are too large`);
    if (answer.status >= 400) throw statusError(answer);
    return answer.text;
  }

  /** Sends a question that the server answers and doesn't store. @returns the status of the object */
  async function review<T>(api: string, kind: string, spec?: object, path = `/apis/${api}/${kind.toLowerCase()}s`): Promise<Partial<T>> {
    const headers = { accept: json, "user-agent": userAgent, "content-type": json };
    const body = JSON.stringify({ apiVersion: api, kind, spec });
    return parse<{ status?: Partial<T> }>(await send({ method: "POST", path, headers, body })).status ?? {};
  }

  async function isAllowed(kind: string, spec: object): Promise<boolean> {
    return (await review<{ allowed: boolean }>("authorization.k8s.io/v1", kind, spec)).allowed === true;
  }

  return {
    get: async <K extends ClusterKind>(to: Ref<K>) => {
      const answer = await get(objectPath(to));
      return answer.status === 404 && saysAbsent(answer) ? undefined : parse<KubeObjects[K]>(answer);
    },

    pages: async function* <K extends ClusterKind>(kind: K, { namespace, labels, fields, metadataOnly = false }: Where = {}) {
      const { api: apiVersion, kind: name } = kinds[kind];
      const { accept, characters } = metadataOnly ? onlyMetadata : wholeObjects;
      const read = async (limit: number, token: string | undefined): Promise<Page<KubeObjects[K]>> => {
        const path = listPath(kind, namespace, { labelSelector: labels, fieldSelector: fields, limit, continue: token });
        const answer = await get(path, accept, limit > 1 ? mostBytes : undefined);
        if (!answer.isTooLarge) return pageOf(answer, token, characters);
        const fewer = Math.ceil(limit / 4);
        firstPages.set(kind, Math.min(firstPage, fewer));
        return read(fewer, token);
      };
      let limit = firstPages.get(kind) ?? firstPage;
      let token: string | undefined;
      do {
        // Keeps no reference to the response's text, which is long, while the objects are in use
        const page = await read(limit, token);
        // The items of a list have no kind
        yield page.items.map((item) => ({ ...item, apiVersion, kind: name }));
        token = page.token;
        limit = Math.min(laterPage, page.fitting ?? firstPages.get(kind) ?? limit);
      } while (token);
    },

    write: async <K extends ClusterKind>(to: Ref<K>, write: Write, options: WriteOptions) => {
      const { method, path, type = json, body } = requestFor(to, write, options);
      const { data: contents } = body as { data?: Readonly<Record<string, string>> };
      const headers = { accept: json, "user-agent": userAgent, "content-type": type };
      return parse<KubeObjects[K]>(
        await send({ method, path, headers, body: JSON.stringify(body), contents, isQuestion: options.isQuestion }),
      );
    },

    serverVersion: async () => parse<{ gitVersion: string }>(await get("/version")),

    may: async ({ resource: named, ...right }: Right) => {
      const [resource, subresource] = named.split("/");
      return isAllowed("SelfSubjectAccessReview", { resourceAttributes: { ...right, resource, subresource } });
    },

    groupsMay: (groups: readonly string[], resourceAttributes: Right) => isAllowed("SubjectAccessReview", { groups, resourceAttributes }),

    requestToken: async (of: Ref<"serviceaccount">, audience: string) => {
      // The shortest lifetime that the server accepts, in seconds
      const spec = { audiences: [audience], expirationSeconds: 600 };
      const path = objectPath(of, {}, "token");
      const { token = "" } = await review<{ token: string }>("authentication.k8s.io/v1", "TokenRequest", spec, path);
      return new Sensitive(token);
    },

    user: async () => {
      const { userInfo } = await review<{ userInfo: { username?: string } }>("authentication.k8s.io/v1", "SelfSubjectReview");
      return userInfo?.username ?? "";
    },

    nodeMetrics: (node: string) => ofKubelet(node, "metrics", "text/plain"),

    nodeConfig: async (node: string) => objectOf(parseJson(await ofKubelet(node, "configz"))),

    issuer: async () => parse<{ issuer?: string }>(await get("/.well-known/openid-configuration")).issuer,
  } satisfies Partial<Cluster>;
}

type Page<T> = { readonly items: readonly T[]; readonly token: string | undefined; readonly fitting?: number | undefined };

type List<T> = {
  /** `PodList`, `PartialObjectMetadataList`. */
  readonly kind?: string;
  readonly items?: readonly T[] | null;
  readonly metadata?: { readonly continue?: string };
};

/**
 * Returns the objects of a page, the token of the next page, and how many such objects fit into a page.
 * @param token the token of this page
 * @param characters how many to read in a page
 */
function pageOf<T>(answer: Answer, token: string | undefined, characters: number): Page<T> {
  // A list whose token has expired continues with its present state, from the same key
  const later = token !== undefined && answer.status === 410 ? readStatus(answer)?.metadata?.continue : undefined;
  if (later !== undefined) return { items: [], token: later };
  const { kind, items, metadata } = parse<List<T>>(answer);
  // A gateway may answer 200 with an object of its own. If it counted as an empty list, no Secret would hold any credential
  if (!kind?.endsWith("List") || items === undefined)
    throw new CliError("unreachable", "Unable to connect to the server: the response is not a list");
  const count = items?.length ?? 0;
  const fits = (size: number) => Math.floor((size * count) / answer.text.length);
  // A selector may leave a page empty
  const fitting = count > 0 ? Math.max(1, fits(characters), Math.min(firstPage, fits(0.75 * mostBytes))) : undefined;
  return { items: items ?? [], token: metadata?.continue, fitting };
}

function parse<T>(answer: Answer): T {
  if (answer.status >= 400) throw statusError(answer);
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new CliError("unreachable", `Unable to connect to the server: the response is ${answer.type || "untyped"}, not JSON`, { cause });
  }
}

type WriteRequest = {
  readonly method: Request["method"];
  readonly path: string;
  readonly type?: string;
  readonly body: object;
};

function requestFor(to: Ref<ClusterKind>, write: Write, options: WriteOptions): WriteRequest {
  const query = { fieldManager: options.fieldManager, dryRun: options.dryRun ? "All" : undefined };
  if ("create" in write) return { method: "POST", path: listPath(to.kind, to.namespace, query), body: write.create };
  if ("patch" in write) return { method: "PATCH", path: objectPath(to, query), type: "application/merge-patch+json", body: write.patch };
  if ("delete" in write) return { method: "DELETE", path: objectPath(to), body: deleteOptions(write.delete, options) };
  const { namespace, name } = to;
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: deleteOptions(write.evict, options),
  };
  return { method: "POST", path: objectPath(to, {}, "eviction"), body };
}

/** meta/v1 DeleteOptions. */
const deleteOptions = ({ uid, version }: Preconditions, { dryRun }: WriteOptions) => ({
  apiVersion: "v1",
  kind: "DeleteOptions",
  preconditions: { uid, resourceVersion: version },
  propagationPolicy: "Background",
  dryRun: dryRun ? ["All"] : undefined,
});

type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * Returns the path of one object: `/api/v1/namespaces/demo/secrets/acr?dryRun=All`. @throws CliError invalid for a name that would select
 * another path
 */
export function objectPath({ kind, namespace, name }: Ref<ClusterKind>, query: Query = {}, subresource = ""): string {
  const below = subresource === "" ? "" : `/${subresource}`;
  return `${listPath(kind, namespace)}/${segment(name)}${below}${search(query)}`;
}

export function listPath(kind: ClusterKind, namespace: string | undefined, query: Query = {}): string {
  const { api, plural, namespaced } = kinds[kind];
  const scope = namespace === undefined || !namespaced ? "" : `/namespaces/${segment(namespace)}`;
  // The core group has a root of its own
  return `/${api.includes("/") ? "apis" : "api"}/${api}${scope}/${plural}${search(query)}`;
}

/** One segment of a path. `.` and `..` can't be encoded (RFC 3986 5.2.4). An empty name would select the list. */
function segment(name: string): string {
  if (["", ".", ".."].includes(name)) throw new CliError("invalid", `${JSON.stringify(name)} is not a valid object name`);
  return encodeURIComponent(name);
}

function search(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return pairs.length === 0 ? "" : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`).join("&")}`;
}
