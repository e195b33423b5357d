import { type Answer, type Ask, bearer } from "../http.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";
import { errorOf } from "./data-plane.ts";
import { challenge, noSuchRepository } from "./errors.ts";
import { readAccess } from "./tokens.ts";

/** GET /acr/v1/{repository}/_tags: lists tags with their times (Azure Container Registry data plane 2021-07-01). */
export async function tags(ask: Ask, state: State, registry: Registry, repository: string): Promise<Answer> {
  const need = { type: "repository", name: repository, action: "metadata_read" };
  const token = bearer(ask.headers);
  const claims = token === undefined ? undefined : await readAccess(state.acr, registry, token);
  const error = errorOf(token, claims, [need]);
  if (error !== undefined) return challenge(ask.host, registry, [need], error);
  const { message, body } = await state.store.ask(registry, { path: `/v2/${repository}/tags/list` }, repository);
  if (message.statusCode !== 200) return noSuchRepository(repository);
  const names = (JSON.parse(body.toString("utf8")) as { tags: string[] | null }).tags ?? [];
  const listed = await Promise.all(names.map((name) => describe(state, registry, repository, name)));
  if (ask.query.get("orderby") === "timedesc") listed.sort((a, b) => b.lastUpdateTime.localeCompare(a.lastUpdateTime));
  const count = Number(ask.query.get("n") ?? 100);
  return { status: 200, body: { registry: registry.loginServer, imageName: repository, tags: listed.slice(0, count) } };
}

async function describe(state: State, registry: Registry, repository: string, name: string) {
  const accept = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ].join(", ");
  const { message } = await state.store.ask(
    registry,
    { method: "HEAD", path: `/v2/${repository}/manifests/${name}`, headers: { accept } },
    repository,
  );
  const times = registry.pushed.get(`${repository}:${name}`) ?? {
    createdTime: registry.creationDate,
    lastUpdateTime: registry.creationDate,
  };
  const changeableAttributes = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };
  return { name, digest: String(message.headers["docker-content-digest"]), ...times, signed: false, changeableAttributes };
}
