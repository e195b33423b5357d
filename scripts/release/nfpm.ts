import { maintainer, packageName } from "./debian.ts";

/** The package formats that nfpm writes. */
export type Packager = "deb" | "rpm";

/** The paths of the files that go into a package. */
export type Staged = {
  readonly programs: readonly string[];
  /** compressed, `NAME.1.gz` */
  readonly manuals: readonly string[];
  /** files of one format only, by their path in the package */
  readonly documents: Readonly<Record<Packager, Readonly<Record<string, string>>>>;
  /** folders that the package owns; dpkg removes unused folders by itself */
  readonly folders: Readonly<Record<Packager, readonly string[]>>;
};

type Said = {
  readonly version: string;
  readonly arch: string;
  readonly day: Date;
  readonly homepage: string;
  readonly synopsis: string;
  readonly description: string;
};

/** Node's own requirements: the newest symbol versions that its binary uses. `test/channels/linux.test.ts` reads them from the binary. */
export const needs = { glibc: "2.28", glibcxx: "3.4.21" };

const depends: Readonly<Record<Packager, readonly string[]>> = {
  deb: [`libc6 (>= ${needs.glibc})`, "libgcc-s1 | libgcc1", "libstdc++6 (>= 5)"],
  // By the symbols in the libraries, as rpmbuild determines them, because distributions use different names for these packages.
  rpm: [`libc.so.6(GLIBC_${needs.glibc})(64bit)`, "libgcc_s.so.1()(64bit)", `libstdc++.so.6(GLIBCXX_${needs.glibcxx})(64bit)`],
};

/** Distributions name kubectl's package differently, and many machines have kubectl from another source. */
const recommends: Readonly<Record<Packager, readonly string[]>> = { deb: ["kubectl | kubernetes-client"], rpm: [] };

/** Returns a configuration of nfpm (nfpm.goreleaser.com/docs/configuration) for one package of one architecture. JSON is valid YAML. */
export function nfpmConfiguration(
  packager: Packager,
  { version, arch, day, homepage, synopsis, description }: Said,
  staged: Staged,
): string {
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
    depends: depends[packager],
    recommends: recommends[packager],
    rpm: { summary: synopsis, buildhost: "localhost" },
    contents: [
      ...staged.programs.map((path) => file(path, `/usr/bin/${name(path)}`, 0o755)),
      ...staged.manuals.map((path) => file(path, `/usr/share/man/man1/${name(path)}`)),
      ...staged.folders[packager].map((dst) => ({ dst, type: "dir", file_info: { mode: 0o755, owner: "root", group: "root" } })),
      ...Object.entries(staged.documents[packager]).map(([place, path]) => file(path, place)),
    ],
  });
}
