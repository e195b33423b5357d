import type { Library } from "./libraries.ts";

export type Made = {
  readonly version: string;
  readonly archives: readonly { readonly name: string; readonly sha256: string }[];
  /** The packages that contain Node, one per platform. */
  readonly nodes: readonly Library[];
  readonly libraries: readonly Library[];
  /** The commit of the sources, 40 hex digits, or undefined outside a Git clone. */
  readonly commit: string | undefined;
};

/**
 * Returns a CycloneDX bill of materials of the binary (ecma-international.org, ECMA-424, version 1.6): Node, by the package of each
 * platform, and every library with a bundled file. It contains no time, so that the same sources give the same text.
 */
export function billOfMaterials({ version, nodes, libraries }: Made): object {
  const [node] = nodes;
  const plugin = `kubectl-acr-secret@${version}`;
  const parts = [...nodes, ...libraries].map(component);
  const embedded = {
    type: "platform",
    "bom-ref": `node@${node?.version}`,
    name: "node",
    version: node?.version,
    description: "Node.js, which is in every binary, by the package of its platform",
    licenses: [{ license: { id: "MIT" } }],
    purl: `pkg:generic/node@${node?.version}`,
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": plugin, name: "kubectl-acr-secret", version, licenses: [{ license: { id: "MIT" } }] },
    },
    components: [embedded, ...parts],
    dependencies: [
      { ref: plugin, dependsOn: [embedded["bom-ref"], ...libraries.map(purlOf)].sort() },
      { ref: embedded["bom-ref"], dependsOn: nodes.map(purlOf).sort() },
    ],
  };
}

function component(library: Library): object {
  const purl = purlOf(library);
  const [, algorithm = "", digest = ""] = /^sha(\d+)-(.+)$/.exec(library.integrity) ?? [];
  return {
    type: "library",
    "bom-ref": purl,
    name: library.name,
    version: library.version,
    licenses: [{ expression: library.license }],
    hashes: [{ alg: `SHA-${algorithm}`, content: Buffer.from(digest, "base64").toString("hex") }],
    purl,
  };
}

/** Returns the package URL of an npm package (github.com/package-url/purl-spec). */
export const purlOf = ({ name, version }: Library): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;
