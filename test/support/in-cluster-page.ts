import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

/** The manifest that docs/in-cluster.md applies. */
export const manifest = /^```yaml\n([\s\S]*?)^```$/m.exec(readFileSync("docs/in-cluster.md", "utf8"))?.[1] ?? "";

const objects = parseAllDocuments(manifest).map((document) => document.toJS());

export const objectOf = (kind: string) => structuredClone(objects.find((object) => object.kind === kind));
