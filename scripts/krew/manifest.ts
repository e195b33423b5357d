import { dump } from "js-yaml";
import { archiveName } from "../platforms.ts";

/** plugin.yaml: a Krew manifest without the fields that only a release can fill. One platform is one os and one arch. */
export type Descriptor = Manifest<Omit<Platform, "uri" | "sha256">, "version">;

/** A plugin manifest of Krew (sigs.k8s.io/krew pkg/index, Plugin). */
export type Manifest<P = Platform, Left extends string = never> = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Omit<Spec, Left> & { readonly platforms: readonly P[] };
};

type Spec = {
  readonly version: string;
  readonly homepage: string;
  readonly shortDescription: string;
  readonly description: string;
  readonly caveats?: string;
};

type Platform = {
  /** One platform, with Go's names. */
  readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
  readonly uri: string;
  readonly sha256: string;
  readonly bin: string;
};

/** Returns `linux-amd64`, as in the names of the archives. */
export const platformName = ({ selector: { matchLabels } }: Descriptor["spec"]["platforms"][number]): string =>
  `${matchLabels.os}-${matchLabels.arch}`;

/**
 * Returns the manifest of a release.
 *
 * @param digests sha256 of the archives by platform (`linux-amd64`); a platform without an archive is omitted
 */
export function manifestOf(descriptor: Descriptor, version: string, digests: ReadonlyMap<string, string>): Manifest {
  const { homepage, shortDescription, description, caveats, platforms } = descriptor.spec;
  return {
    ...descriptor,
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription,
      description,
      ...(caveats !== undefined && { caveats }),
      platforms: platforms.flatMap(({ selector, bin }) => {
        const name = platformName({ selector, bin });
        const sha256 = digests.get(name);
        return sha256 === undefined ? [] : [{ selector, uri: uriOf(descriptor, name, version), sha256, bin }];
      }),
    },
  };
}

const uriOf = ({ spec }: Descriptor, platform: string, version: string) =>
  `${spec.homepage}/releases/download/v${version}/${archiveName(platform, version)}`;

/** Returns the text of a manifest below a comment. */
export function manifestText(manifest: Manifest, comment: string): string {
  // List items are not indented, because krew-release-bot's templates rely on that.
  return `# ${comment}\n${dump(manifest, { seqNoIndent: true, lineWidth: -1 })}`;
}

/**
 * Returns the template from which krew-release-bot creates the manifest of a release. The bot replaces TagName with the tag. For each
 * archive it writes the two lines uri and sha256, the second indented by four spaces.
 */
export function templateText(descriptor: Descriptor, comment: string): string {
  const version = "0.0.0";
  const names = descriptor.spec.platforms.map(platformName);
  const text = manifestText(manifestOf(descriptor, version, new Map(names.map((name) => [name, "?"]))), comment);
  return text
    .replace(/^( {4})uri: (\S+)\n {4}sha256: .*$/gm, (_, indent, uri) => `${indent}{{addURIAndSha "${uri}" .TagName }}`)
    .replaceAll(`v${version}`, "{{ .TagName }}");
}
