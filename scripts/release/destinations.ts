import { basename, join } from "node:path";
import type { Program } from "../../sandbox/tools.ts";

/** A file that may be published already. */
export type Published = {
  /** Prints the SHA-256 of the published file, `sha256:…`. Prints nothing, or fails, if there is none. */
  readonly ask: readonly string[];
  readonly file: string;
};

/** A command of a publication. */
export type Step = {
  /** The step is skipped if this command prints something. */
  readonly unless?: readonly string[];
  /** The step is skipped if this file is published, and fails if another file is published in its place. */
  readonly published?: Published;
  readonly run: readonly string[];
  /** The variable that the command gets on its standard input. Without the variable the step is skipped. */
  readonly stdin?: string;
};

/** A release. */
export type Release = {
  readonly version: string;
  /** the file with the release notes */
  readonly notes: string;
  readonly files: readonly string[];
  readonly image: { readonly layout: string; readonly name: string };
};

/** A destination of a release, and the programs of the sandbox that publish there. An interrupted run can be repeated. */
type Destination = { readonly needs: readonly Program[]; steps(release: Release): Step[] };

/** The repository of the image. */
export const imageName = "ghcr.io/kubectl-acr-secret/kubectl-acr-secret";

/** The release stays a draft until it has every file. Files are never replaced: `--clobber` is not used. */
const github: Destination = {
  needs: [],
  steps({ version, notes, files }) {
    const tag = `v${version}`;
    return [
      {
        unless: ["gh", "release", "view", tag],
        run: ["gh", "release", "create", tag, "--draft", "--verify-tag", "--title", tag, "--notes-file", notes],
      },
      ...files.map((file): Step => {
        const query = `.assets[] | select(.name == ${JSON.stringify(basename(file))}) | .digest`;
        return {
          published: { ask: ["gh", "release", "view", tag, "--json", "assets", "--jq", query], file },
          run: ["gh", "release", "upload", tag, file],
        };
      }),
      { run: ["gh", "release", "edit", tag, "--draft=false"] },
    ];
  },
};

const image: Destination = {
  needs: ["crane"],
  steps({ version, image: { layout, name } }) {
    const host = name.slice(0, name.indexOf("/"));
    return [
      // ghcr.io checks the token alone, and accepts any user name.
      { run: ["crane", "auth", "login", host, "--username", "release", "--password-stdin"], stdin: "REGISTRY_PASSWORD" },
      {
        published: { ask: ["crane", "digest", `${name}:${version}`], file: join(layout, "index.json") },
        run: ["crane", "push", "--index", layout, `${name}:${version}`],
      },
      { run: ["crane", "tag", `${name}:${version}`, "latest"] },
    ];
  },
};

export const destinations: Readonly<Record<string, Destination>> = { github, image };
