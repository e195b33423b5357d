import { causes } from "../check/cause.ts";
import { type ImageCheck, type Item, imageUsers, placeName, type Report } from "./items.ts";
import { printData } from "./object.ts";

/** Formats the failures of a check as SARIF 2.1.0. Each cause is a rule. */
export function sarif(items: readonly Item[], { now, version, home, explain }: Report): Promise<string> {
  const ids = Object.keys(causes);
  const rules = Object.entries(causes).map(([id, { words }]) => {
    const { means, page } = explain?.(id) ?? {};
    return { id, name: words, shortDescription: { text: means ?? words }, helpUri: page };
  });
  const failures = items.flatMap((item) => (item.kind === "ImageCheck" && !item.ok ? [item] : []));
  const errors = items.flatMap((item) => (item.kind === "Error" ? [item] : []));
  const run = {
    tool: { driver: { name: "kubectl-acr-secret", version, informationUri: home, rules } },
    invocations: [
      {
        executionSuccessful: errors.length === 0,
        endTimeUtc: now.toISOString(),
        toolExecutionNotifications: errors.map(({ message, reason, context, namespace }) => ({
          level: "error",
          descriptor: { id: reason },
          message: { text: [context, namespace, message].filter((part) => part !== undefined).join(": ") },
        })),
      },
    ],
    results: failures.map((item) => ({ ruleId: item.cause, ruleIndex: ids.indexOf(item.cause), level: "error", ...resultOf(item) })),
  };
  return printData({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, "json");
}

function resultOf(item: ImageCheck) {
  const { image, verdict, message, registryMessages, notes, fix } = item;
  const lines = [`${image}: ${message ?? verdict}`, ...registryMessages, ...notes, ...(fix === undefined ? [] : [fix])];
  const locations = imageUsers(item).map((name) => {
    const fullyQualifiedName = placeName(item, name);
    // GitHub shows only results with a physical location
    const uri = fullyQualifiedName.toWellFormed().split("/").map(encodeURIComponent).join("/");
    return {
      physicalLocation: { artifactLocation: { uri } },
      logicalLocations: [{ name: name.replace(/^.*\//, ""), fullyQualifiedName, kind: "resource" }],
    };
  });
  return { message: { text: lines.join("\n") }, locations };
}
