import { readError } from "./service.ts";

export const apiVersion = {
  registry: "2025-11-01",
  resourceGraph: "2022-10-01",
  subscriptions: "2022-12-01",
  permissions: "2022-04-01",
  roleAssignments: "2022-04-01",
  managedIdentity: "2023-01-31",
} as const;

/**
 * The oldest version of an API with the required features, for clouds that lag behind the public one. An older roleAssignments API ignores
 * conditions, and would grant the whole registry.
 */
const oldest: Readonly<Record<string, string>> = {
  [apiVersion.registry]: "2023-07-01",
  [apiVersion.resourceGraph]: "2021-03-01",
  [apiVersion.subscriptions]: "2020-01-01",
  [apiVersion.roleAssignments]: "2020-04-01-preview",
};

/** Codes with which ARM rejects a version; the message lists those that it supports. */
const codes = ["NoRegisteredProviderFound", "InvalidApiVersionParameter"];

const day = (version: string) => version.slice(0, "2025-11-01".length);

/** A stable version comes after the previews of the same day. */
const order = (version: string) => `${day(version)}${version === day(version) ? "~" : version.slice(day(version).length)}`;

/**
 * Returns the newest version in ARM's response that is older than the rejected one and has the required features.
 * @param wanted one of `apiVersion`
 * @param rejected the version of the request
 * @returns undefined if the response rejects no version, or lists no suitable one
 */
export function supportedVersion(wanted: string, rejected: string, { status, text }: { status: number; text: string }): string | undefined {
  const { code, message } = status === 400 || status === 404 ? readError(text) : { code: "", message: "" };
  const from = oldest[wanted];
  if (from === undefined || !codes.includes(code)) return undefined;
  const [, list = ""] = /supported (?:api-)?versions are '([^']*)'/i.exec(message) ?? [];
  const listed = list.match(/\b\d{4}-\d{2}-\d{2}(?:-preview)?\b/g) ?? [];
  return listed
    .filter((version) => day(version) >= day(from) && order(version) < order(rejected))
    .sort((a, b) => (order(a) < order(b) ? 1 : -1))[0];
}
