import { machineFiles } from "../../../cmd/files.ts";
import type { Files } from "../../../src/env.ts";

/** Returns the machine's own files, except that created files are kept in memory. */
export function fakeFiles(): Files & { readonly created: Map<string, string> } {
  const created = new Map<string, string>();
  return {
    ...machineFiles,
    created,
    create: async (path, text) => {
      if (created.has(path)) return false;
      created.set(path, text);
      return true;
    },
    remove: async (path) => void created.delete(path),
  };
}
