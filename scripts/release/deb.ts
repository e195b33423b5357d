import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { descriptor } from "../krew/generate.ts";
import { manPages } from "../man.ts";
import { packagePlugin } from "../package.ts";
import { root } from "../run.ts";
import type { Make } from "./channel.ts";
import { releaseDate } from "./date.ts";
import { debianChangelog, debianCopyright, lintianOverrides, packageName } from "./debian.ts";
import { nfpmConfiguration, type Staged } from "./nfpm.ts";

/** Creates a Debian package for each Linux platform of the plugin. @returns their paths */
export const debianPackages: Make = async ({ platforms, version, into, progress }) => {
  const tools = await binaries({ need: ["nfpm"], progress });
  const { homepage, shortDescription, description } = (await descriptor()).spec;
  const day = releaseDate(await readFile(join(root, "CHANGELOG.md"), "utf8"), version);
  const work = await guardedFolder("acr-secret-package-");
  const made: string[] = [];
  try {
    for (const platform of platforms.filter(({ target }) => target.platform === "linux")) {
      const { folder } = await packagePlugin({ progress, platform });
      progress(`Making the .deb of ${platform.name}`);
      const said = { version, arch: platform.name.replace("linux-", ""), day, homepage, synopsis: shortDescription, description };
      const configuration = join(work.path, "nfpm.json");
      await writeFile(configuration, nfpmConfiguration(said, await stage(folder, work.path, { version, day, homepage })));
      const args = ["package", "--config", configuration, "--packager", "deb", "--target", `${into}/`];
      const { stdout } = await promisify(execFile)(tools.program("nfpm"), args, {
        env: { ...process.env, SOURCE_DATE_EPOCH: `${day.getTime() / 1000}` },
      });
      made.push(/^created package: (.+)$/m.exec(stdout)?.[1] ?? "");
    }
  } finally {
    await work.remove();
  }
  return made;
};

/** Writes the files that accompany the programs. */
async function stage(
  folder: string,
  work: string,
  { version, day, homepage }: { version: string; day: Date; homepage: string },
): Promise<Staged> {
  const put = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(work, name), content);
    return join(work, name);
  };
  const squeezed = async (name: string, text: string) => put(`${name}.gz`, await promisify(gzip)(text, { level: 9 }));
  const text = (path: string) => readFile(path, "utf8");
  const docs = `/usr/share/doc/${packageName}`;
  return {
    programs: ["kubectl-acr_secret", "kubectl_complete-acr_secret"].map((name) => join(folder, name)),
    manuals: await Promise.all([...manPages()].map(([name, page]) => squeezed(name, page))),
    documents: {
      [`${docs}/copyright`]: await put("copyright", debianCopyright({ homepage, license: await text(join(folder, "LICENSE")) })),
      [`/usr/share/lintian/overrides/${packageName}`]: await put("overrides", lintianOverrides),
      [`${docs}/changelog.Debian.gz`]: await squeezed("changelog.Debian", debianChangelog(`${version}-1`, day)),
      [`${docs}/changelog.gz`]: await squeezed("changelog", await text(join(root, "CHANGELOG.md"))),
      [`${docs}/THIRD_PARTY_LICENSES.gz`]: await squeezed("THIRD_PARTY_LICENSES", await text(join(folder, "THIRD_PARTY_LICENSES"))),
    },
  };
}
