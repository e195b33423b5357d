import { home } from "../../cmd/project.ts";
import { type Made, purlOf } from "./bill.ts";

/**
 * Returns the provenance of the archives, as an in-toto statement (in-toto.io/Statement/v1) with SLSA's predicate (slsa.dev/provenance/v1).
 * The maintainer who makes a release signs it. It contains no time and no machine, because neither affects the archives.
 */
export function provenance({ version, archives, nodes, commit }: Made): object {
  const source = { uri: `git+${home}@refs/tags/v${version}`, ...(commit !== undefined && { digest: { gitCommit: commit } }) };
  const bases = nodes.map((node) => ({ uri: purlOf(node), digest: { sha512: hex(node.integrity) } }));
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: archives.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: `${home}/blob/main/docs/packaging.md`,
        externalParameters: { source: source.uri, command: "npm run package -- --all" },
        resolvedDependencies: [source, ...bases],
      },
      runDetails: { builder: { id: `${home}/blob/main/scripts/package.ts` } },
    },
  };
}

const hex = (integrity: string) => Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
