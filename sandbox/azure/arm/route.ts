import type { Answer } from "../http.ts";
import type { World } from "../world.ts";
import { type ArmAsk, refuse } from "./request.ts";

export type Route = {
  readonly method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  readonly path: RegExp;
  /** The type of the resource in the path, e.g. `Microsoft.ContainerRegistry/registries`. */
  readonly type: string;
  readonly versions: readonly string[];
  readonly handle: (arm: ArmAsk) => Answer | Promise<Answer>;
};

/** Turns `/subscriptions/{subscription}/…` into a pattern. `{*scope}` at the start matches any scope, also one of several segments. */
function template(path: string): RegExp {
  const source = path
    .replace(/[.]/g, "\\.")
    .replace(/\{\*(\w+)\}/g, "(?<$1>.*)")
    .replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${source}/?$`, "i");
}

export const registryPath =
  "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}";

/** The supported API versions of Microsoft.ContainerRegistry: stable ones, and those that the Azure CLI (2.91, 2.74) and .NET use. */
export const registryVersions = [
  "2025-11-01",
  "2026-09-01-preview",
  "2026-01-01-preview",
  "2025-03-01-preview",
  "2024-11-01-preview",
  "2023-07-01",
];

/** Returns the API versions of a route that the emulated cloud supports. */
export function versionsIn({ apiVersions }: World, { type, versions }: Route): readonly string[] {
  const only = apiVersions[type.split("/")[0] ?? ""];
  return only ? versions.filter((version) => only.includes(version)) : versions;
}

/** Whether an API version is one of the previews that return more properties of a registry than the stable one. */
export const isPreview = (version: string): boolean => /^2026-.*-preview$/.test(version);

/** Creates routes of one resource type. */
export function routesOf(type: string, versions: readonly string[]) {
  return (method: Route["method"], path: string, handle: Route["handle"]): Route => ({
    method,
    path: template(path),
    type,
    versions,
    handle,
  });
}

export function versionError({ type, versions }: Route, version: string): never {
  const [namespace = "", ...rest] = type.split("/");
  if (!namespace.includes("."))
    return refuse(
      400,
      "InvalidApiVersionParameter",
      `The api-version '${version}' is invalid. The supported versions are '${versions.join(",")}'.`,
    );
  return refuse(
    400,
    "NoRegisteredProviderFound",
    `No registered resource provider found for location 'global' and API version '${version}' for type '${rest.join("/")}'. The supported api-versions are '${versions.join(", ")}'.`,
  );
}
