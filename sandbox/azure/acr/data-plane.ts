import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { DataCall } from "../calls.ts";
import { type Answer, bearer, send } from "../http.ts";
import { ownToken } from "../registry-process.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";
import { redirectToData } from "./blobs.ts";
import { challenge, type Need, noSuchTag } from "./errors.ts";
import { type AccessClaims, readAccess } from "./tokens.ts";

/** The object that a path under /v2/ addresses. */
type Target = {
  readonly kind: "base" | "catalog" | "tags" | "manifests" | "blobs" | "uploads" | "referrers";
  readonly repository: string;
  readonly reference: string;
};

const paths: readonly [Target["kind"], RegExp][] = [
  ["base", /^\/v2\/?()()$/],
  ["catalog", /^\/v2\/_catalog()()$/],
  ["tags", /^\/v2\/(.+)\/tags\/list()$/],
  ["manifests", /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ["uploads", /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/],
  ["blobs", /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ["referrers", /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

function parseTarget(path: string): Target | undefined {
  for (const [kind, pattern] of paths) {
    const match = pattern.exec(path);
    if (match) return { kind, repository: match[1] ?? "", reference: match[2] ?? "" };
  }
  return undefined;
}

/** Returns the rights that a request needs. In ACR, listing tags needs `metadata_read`, not `pull`. */
function needsOf(method: string, { kind, repository: name }: Target): Need[] {
  const need = (...actions: string[]) => actions.map((action) => ({ type: "repository", name, action }));
  if (kind === "base") return [];
  if (kind === "catalog") return [{ type: "registry", name: "catalog", action: "*" }];
  if (kind === "tags") return need("metadata_read");
  if (method === "DELETE" && kind !== "uploads") return need("delete");
  return method === "GET" || method === "HEAD" ? (kind === "uploads" ? need("pull", "push") : need("pull")) : need("pull", "push");
}

/** Whether an access token grants a right. Logins other than tokens with a scope map may list tags with `pull` alone. */
function has({ access, holder }: AccessClaims, { type, name, action }: Need): boolean {
  const enough = action === "metadata_read" && holder !== "token" ? [action, "pull"] : [action];
  return access.some((one) => one.type === type && one.name === name && one.actions.some((granted) => enough.includes(granted)));
}

/**
 * Serves the Docker registry API: decides as ACR does, then lets the real registry check the request again and answer it.
 *
 * @param host the login server, or a regional host of the registry
 */
export async function dataPlane(
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
  registry: Registry,
  host: string,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", `https://${registry.loginServer}`);
  // Microsoft's own client encodes the slash in a repository as %2F.
  const target = parseTarget(decodeURIComponent(pathname));
  if (!target) return send(response, { status: 404, body: { errors: [{ code: "NOT_FOUND", message: "not found", detail: null }] } });
  const method = request.method ?? "GET";
  const { kind, repository, reference } = target;
  const needs = needsOf(method, target);
  const token = bearer(request.headers);
  const claims = token === undefined ? undefined : await readAccess(state.acr, registry, token);
  const log = (verdict: DataCall["verdict"]) => {
    const about = { step: "manifest" as const, host, user: claims?.user ?? "", repository, reference };
    if (kind === "manifests") state.calls.addData({ ...about, verdict });
  };
  const error = errorOf(token, claims, needs);
  if (error !== undefined) {
    log(error || "no token");
    request.resume();
    return send(response, challenge(host, registry, needs, named(error, state)));
  }
  if (method === "GET" && kind === "blobs" && (await redirectToData(response, state, registry, target))) return;
  const answer = await askReal(request, state, registry, target, token);
  log(verdicts[answer.statusCode ?? 502] ?? "found");
  await passOn(answer, response, `${method} ${kind} ${answer.statusCode}`, registry, target);
}

/**
 * Forwards the request to the real registry. ACR requires `metadata_read` for some requests, the real registry requires `pull` for them.
 */
async function askReal(request: IncomingMessage, state: State, registry: Registry, target: Target, token: string | undefined) {
  const { method = "GET", url = "/" } = request;
  const ours = target.kind === "tags" ? await ownToken(state.acr, registry, target.repository) : token;
  return state.store.open(
    registry,
    { method, path: url, headers: { ...forwardable(request.headers), authorization: `Bearer ${ours}` } },
    request,
  );
}

/** Forwards the real registry's response, with ACR's error texts if they are known. */
async function passOn(answer: IncomingMessage, response: ServerResponse, what: string, registry: Registry, target: Target): Promise<void> {
  if (what === "GET manifests 404") return send(response, await missing(answer, target.reference));
  if (/^PUT manifests [12]/.test(what)) notePush(registry, target);
  response.writeHead(answer.statusCode ?? 502, forwardable(answer.headers));
  await pipeline(answer, response);
}

const named = (error: Exclude<ReturnType<typeof errorOf>, undefined>, { faults }: State) =>
  error === "insufficient_scope" && faults.unnamedScope() ? "" : error;

const verdicts: Readonly<Record<number, DataCall["verdict"]>> = { 404: "not found", 401: "insufficient_scope" };

/** Returns the `error` of a challenge (RFC 6750, 3.1): empty without a token, undefined for a token that has every right. */
export function errorOf(token: string | undefined, claims: AccessClaims | undefined, needs: readonly Need[]) {
  if (token === undefined) return "";
  if (!claims) return "invalid_token";
  return needs.every((need) => has(claims, need)) ? undefined : "insufficient_scope";
}

/** Returns ACR's 404 for a missing manifest. ACR's texts for a missing digest or repository are unknown, so those stay unchanged. */
async function missing(answer: IncomingMessage, reference: string): Promise<Answer> {
  const body = await buffer(answer);
  if (!reference.includes(":") && body.includes("MANIFEST_UNKNOWN")) return noSuchTag(reference);
  return { status: 404, headers: { "content-type": "application/json; charset=utf-8" }, body };
}

/** Records the time of a push to a tag, because the real registry does not report it. */
export function notePush(registry: Registry, { repository, reference }: { repository: string; reference: string }): void {
  const key = `${repository}:${reference}`;
  const now = new Date().toISOString();
  registry.pushed.set(key, { createdTime: registry.pushed.get(key)?.createdTime ?? now, lastUpdateTime: now });
}

const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

function forwardable(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}
