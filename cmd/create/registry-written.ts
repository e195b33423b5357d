import { readRegistryId } from "../../src/azure/registry-name.ts";

/** A login server that was copied from a browser. */
export const hostWritten = (registry: string) => registry.replace(/^https:\/\//i, "").replace(/\/$/, "");

/** What a registry is called whose id in Azure was written; any other text as it is. */
export const nameWritten = (registry: string) => readRegistryId(registry)?.name.toLowerCase() ?? registry;
