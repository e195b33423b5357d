import { basename } from "node:path";
import type { Program } from "../../sandbox/tools.ts";

/** A command of a publication. */
export type Step = {
  /** Prints something if the step has been done before. */
  readonly unless?: readonly string[];
  readonly run: readonly string[];
  /** The variable whose text the command reads from its stdin; without it the step is left out. */
  readonly stdin?: string;
};

/** What a release consists of. */
export type Release = {
  readonly version: string;
  /** the file that says what is new */
  readonly notes: string;
  readonly files: readonly string[];
  /** npm's tarballs, in the order of their publication */
  readonly npm: readonly string[];
  readonly image: { readonly layout: string; readonly name: string };
};

/** A place that a release goes to, and the programs of the sandbox that bring it there. A run that was interrupted is run again. */
type Destination = { readonly needs: readonly Program[]; steps(release: Release): Step[] };

/** Where the image is to be had. */
export const imageName = "ghcr.io/kubectl-acr-secret/kubectl-acr-secret";

const github: Destination = {
  needs: [],
  steps({ version, notes, files }) {
    const tag = `v${version}`;
    return [
      {
        unless: ["gh", "release", "view", tag],
        run: ["gh", "release", "create", tag, "--verify-tag", "--title", tag, "--notes-file", notes],
      },
      { run: ["gh", "release", "upload", tag, "--clobber", ...files] },
    ];
  },
};

const npm: Destination = {
  needs: [],
  steps: ({ version, npm }) =>
    npm.map((tarball) => {
      const name = basename(tarball, `-${version}.tgz`);
      return { unless: ["npm", "view", `${name}@${version}`, "version"], run: ["npm", "publish", tarball, "--access", "public"] };
    }),
};

const image: Destination = {
  needs: ["crane"],
  steps({ version, image: { layout, name } }) {
    const host = name.slice(0, name.indexOf("/"));
    return [
      // Whoever pushes: the registries of a release ask for the token alone.
      { run: ["crane", "auth", "login", host, "--username", "release", "--password-stdin"], stdin: "REGISTRY_PASSWORD" },
      { run: ["crane", "push", "--index", layout, `${name}:${version}`] },
      { run: ["crane", "tag", `${name}:${version}`, "latest"] },
    ];
  },
};

export const destinations: Readonly<Record<string, Destination>> = { github, npm, image };
