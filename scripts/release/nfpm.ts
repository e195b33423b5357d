import { maintainer, packageName } from "./debian.ts";

/** The paths of the files that go into a package. */
export type Staged = {
  readonly programs: readonly string[];
  /** compressed, `NAME.1.gz` */
  readonly manuals: readonly string[];
  /** by their path in the package */
  readonly documents: Readonly<Record<string, string>>;
};

type Said = {
  readonly version: string;
  readonly arch: string;
  readonly day: Date;
  readonly homepage: string;
  readonly synopsis: string;
  readonly description: string;
};

/**
 * Node's own requirements: the newest symbol versions that its binary uses. `test/channels/deb.test.ts` reads them from the binary. The
 * first libstdc++ with GLIBCXX_3.4.21 is that of GCC 5.
 */
export const needs = { glibc: "2.28", glibcxx: "3.4.21" };

/** Returns a configuration of nfpm (nfpm.goreleaser.com/docs/configuration) for the package of one architecture. JSON is valid YAML. */
export function nfpmConfiguration({ version, arch, day, homepage, synopsis, description }: Said, staged: Staged): string {
  const file = (src: string, dst: string, mode = 0o644) => ({ src, dst, file_info: { mode, owner: "root", group: "root" } });
  const name = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  return JSON.stringify({
    name: packageName,
    arch,
    platform: "linux",
    version,
    release: "1",
    section: "admin",
    priority: "optional",
    maintainer,
    vendor: "kubectl-acr-secret",
    homepage,
    license: "MIT",
    description: `${synopsis}\n${description.trim()}`,
    mtime: day.toISOString(),
    disable_globbing: true,
    depends: [`libc6 (>= ${needs.glibc})`, "libgcc-s1 | libgcc1", "libstdc++6 (>= 5)"],
    // Two repositories name kubectl's package differently, and many machines have kubectl from another source.
    recommends: ["kubectl | kubernetes-client"],
    contents: [
      ...staged.programs.map((path) => file(path, `/usr/bin/${name(path)}`, 0o755)),
      ...staged.manuals.map((path) => file(path, `/usr/share/man/man1/${name(path)}`)),
      ...Object.entries(staged.documents).map(([place, path]) => file(path, place)),
    ],
  });
}
