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

/** What a path under /v2/ is about. */
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

/** The rights that a request needs. Listing tags is metadata at ACR, not a pull. */
function needsOf(method: string, { kind, repository: name }: Target): Need[] {
  const need = (...actions: string[]) => actions.map((action) => ({ type: "repository", name, action }));
  if (kind === "base") return [];
  if (kind === "catalog") return [{ type: "registry", name: "catalog", action: "*" }];
  if (kind === "tags") return need("metadata_read");
  if (method === "DELETE" && kind !== "uploads") return need("delete");
  return method === "GET" || method === "HEAD" ? (kind === "uploads" ? need("pull", "push") : need("pull")) : need("pull", "push");
}

/** Whether an access token has a right. Other logins than tokens with a scope map may list tags with `pull` alone. */
export function has({ access, holder }: AccessClaims, { type, name, action }: Need): boolean {
  const enough = action === "metadata_read" && holder !== "token" ? [action, "pull"] : [action];
  return access.some((one) => one.type === type && one.name === name && one.actions.some((granted) => enough.includes(granted)));
}

/** The Docker registry API: decides as ACR does, then lets the real registry decide again and answer. */
export async function dataPlane(request: IncomingMessage, response: ServerResponse, state: State, registry: Registry): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", `https://${registry.loginServer}`);
  const target = parseTarget(decodeURI(pathname));
  if (!target) return send(response, { status: 404, body: { errors: [{ code: "NOT_FOUND", message: "not found", detail: null }] } });
  const method = request.method ?? "GET";
  const needs = needsOf(method, target);
  const token = bearer(request.headers);
  const claims = token === undefined ? undefined : await readAccess(state.acr, registry, token);
  const log = (verdict: DataCall["verdict"]) => {
    if (target.kind !== "manifests") return;
    const { repository, reference } = target;
    state.calls.addData({ step: "manifest", host: registry.loginServer, user: claims?.user ?? "", repository, reference, verdict });
  };
  const refuse = (error: "" | "invalid_token" | "insufficient_scope") => {
    log(error || "no token");
    request.resume();
    send(response, challenge(registry.loginServer, needs, error));
  };
  if (token === undefined) return refuse("");
  if (!claims) return refuse("invalid_token");
  if (!needs.every((need) => has(claims, need))) return refuse("insufficient_scope");
  if (method === "GET" && target.kind === "blobs" && (await redirectToData(response, state, registry, target))) return;

  // The real registry wants `pull` where ACR wants `metadata_read`.
  const authorization = target.kind === "tags" ? `Bearer ${await ownToken(state.acr, registry, target.repository)}` : `Bearer ${token}`;
  const answer = await state.store.open(
    registry,
    { method, path: request.url ?? "/", headers: { ...forwardable(request.headers), authorization } },
    request,
  );
  const status = answer.statusCode ?? 502;
  log(status === 404 ? "not found" : status === 401 ? "insufficient_scope" : "found");
  if (status === 404 && target.kind === "manifests" && method === "GET") return send(response, await missing(answer, target.reference));
  if (method === "PUT" && target.kind === "manifests" && status < 300) notePush(registry, target);
  response.writeHead(status, forwardable(answer.headers));
  await pipeline(answer, response);
}

/** 404 of a manifest in ACR's words. What it says of a digest or a repository that is not there is not known: those stay as they are. */
async function missing(answer: IncomingMessage, reference: string): Promise<Answer> {
  const body = await buffer(answer);
  if (!reference.includes(":") && body.includes("MANIFEST_UNKNOWN")) return noSuchTag(reference);
  return { status: 404, headers: { "content-type": "application/json; charset=utf-8" }, body };
}

/** Remembers when a tag was pushed, which the real registry does not tell. */
export function notePush(registry: Registry, { repository, reference }: { repository: string; reference: string }): void {
  const key = `${repository}:${reference}`;
  const now = new Date().toISOString();
  registry.pushed.set(key, { createdTime: registry.pushed.get(key)?.createdTime ?? now, lastUpdateTime: now });
}

const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

function forwardable(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}
