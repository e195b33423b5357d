import type { Plugin } from "esbuild";
import { tell } from "../../cmd/line/told.ts";
import { opened } from "../../cmd/verb.ts";
import { verbs } from "../../cmd/verbs.ts";

/** In place of cmd/line/told-verbs.ts: what is told of every verb, found out as the bundle is made. */
export const toldVerbs: Plugin = {
  name: "told-verbs",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]cmd[\\/]line[\\/]told-verbs\.ts$/ }, async () => {
      const rows = await Promise.all(verbs.map(async (row) => [row.name, tell(await opened(row))] as const));
      const text = JSON.stringify(JSON.stringify(Object.fromEntries(rows)));
      return { contents: `const verbs = JSON.parse(${text}); export const told = async ({ name }) => verbs[name];` };
    });
  },
};
